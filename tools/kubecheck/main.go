// kubecheck reads Kubernetes manifests from standard input and decodes each strictly into the API's own types: a field that
// does not exist, one that is there twice, and a value of a wrong type are errors. Kinds that are no part of Kubernetes
// itself (custom resources) are listed as not checked. Prints one line for each object; exit code 1 where any is wrong.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

// Replaced by the build.
var version = "0.0.0"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println("kubecheck version " + version)
		return
	}
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	documents := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	failed := false
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println("unreadable:", err)
			os.Exit(1)
		}
		if len(document) == 0 {
			continue
		}
		_, kind, err := decoder.Decode(document, nil, nil)
		switch {
		case runtime.IsNotRegisteredError(err):
			// The message names kind and version.
			fmt.Printf("not checked: %v\n", err)
		case err != nil:
			failed = true
			fmt.Printf("wrong: %v: %v\n", kind, err)
		default:
			fmt.Printf("ok: %s\n", kind)
		}
	}
	if failed {
		os.Exit(1)
	}
}
