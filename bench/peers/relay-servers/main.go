// The servers of bench/relay: a host of generated files, and an S3 server that throws bodies away. Both must cost little
// beside what is measured between them.
//
//	relay-servers source|sink [-cert FILE -key FILE]   prints its port, serves until its standard input ends
//	relay-servers certificates FOLDER                  writes ca.pem, cert.pem and key.pem for 127.0.0.1
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("expected source, sink or certificates")
	}
	if os.Args[1] == "certificates" && len(os.Args) == 3 {
		if err := writeCertificates(os.Args[2]); err != nil {
			log.Fatal(err)
		}
		return
	}
	handlers := map[string]http.Handler{"source": http.HandlerFunc(serveFile), "sink": newSink()}
	handler, known := handlers[os.Args[1]]
	if !known {
		log.Fatalf("unknown: %s", os.Args[1])
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	certFile := flags.String("cert", "", "certificate; plain HTTP without")
	keyFile := flags.String("key", "", "its key")
	_ = flags.Parse(os.Args[2:])

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	// Whoever has started us is gone when this ends, however it went.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	// HTTP/1.1 for all: not every side of the measurement speaks HTTP/2.
	server := &http.Server{Handler: handler, TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	if *certFile == "" {
		log.Fatal(server.Serve(listener))
	}
	log.Fatal(server.ServeTLS(listener, *certFile, *keyFile))
}
