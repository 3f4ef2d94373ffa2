module longhaul/bench/relay-servers

go 1.22
