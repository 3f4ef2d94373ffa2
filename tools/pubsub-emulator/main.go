// A Pub/Sub server for tests and development: the emulator of Google's own Go client, on one address, in memory.
//
// It prints "listening on HOST:PORT" when it accepts connections, and ends on SIGTERM or SIGINT.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc"
)

// maxMessageBytes is what the clients of Google take: one request of 10 MB, with room for what is around it.
const maxMessageBytes = 20 * 1024 * 1024

const modulePath = "cloud.google.com/go/pubsub/v2"

// version is that of the client module which this program was built with.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, dependency := range info.Deps {
			if dependency.Path == modulePath {
				return dependency.Version
			}
		}
	}
	return "unknown"
}

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1; 0 takes a free one")
	showVersion := flag.Bool("version", false, "print the version and end")
	flag.Parse()
	if *showVersion {
		fmt.Printf("pubsub-emulator version %s\n", version())
		return
	}
	// Its own listener takes 4 MiB a message, gRPC's default, where Pub/Sub takes 10 MB: it is served by ours beside it.
	emulator := pstest.NewServer()
	defer func() {
		if err := emulator.Close(); err != nil {
			log.Print(err)
		}
	}()
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessageBytes), grpc.MaxSendMsgSize(maxMessageBytes))
	pubsubpb.RegisterPublisherServer(server, &emulator.GServer)
	pubsubpb.RegisterSubscriberServer(server, &emulator.GServer)
	go func() {
		if err := server.Serve(listener); err != nil {
			log.Fatal(err)
		}
	}()
	fmt.Printf("listening on %s\n", listener.Addr())

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
	server.Stop()
}
