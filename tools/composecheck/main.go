// composecheck reads a Compose file as `docker compose config` does: against the schema of the Compose specification, with
// references between services, volumes and networks. Prints the names of the services; exit code 1 where it is wrong.
package main

import (
	"context"
	"fmt"
	"os"
	"sort"

	"github.com/compose-spec/compose-go/v2/cli"
)

// Replaced by the build.
var version = "0.0.0"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: composecheck <file> | --version")
		os.Exit(2)
	}
	if os.Args[1] == "--version" {
		fmt.Println("composecheck version " + version)
		return
	}
	options, err := cli.NewProjectOptions([]string{os.Args[1]}, cli.WithProfiles([]string{"*"}))
	if err == nil {
		project, loadError := options.LoadProject(context.Background())
		err = loadError
		if err == nil {
			names := project.ServiceNames()
			sort.Strings(names)
			for _, name := range names {
				fmt.Println(name)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
