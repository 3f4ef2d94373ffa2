package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Small enough to stay in a cache of the processor: reading it must not cost what the measured side's memory needs.
var block = makeBlock(1 << 20)

func makeBlock(size int) []byte {
	bytes := make([]byte, size)
	state := uint32(1)
	for i := range bytes {
		state = state*1664525 + 1013904223
		bytes[i] = byte(state >> 24)
	}
	return bytes
}

// serveFile answers /<bytes>/<anything> with that many bytes, a range of them where one is asked for.
func serveFile(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.ParseInt(strings.SplitN(r.URL.Path, "/", 3)[1], 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	first, last := int64(0), size-1
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Accept-Ranges", "bytes")
	header.Set("Etag", fmt.Sprintf(`"bench-%d"`, size))
	status := http.StatusOK
	if asked := r.Header.Get("Range"); asked != "" {
		if _, err := fmt.Sscanf(asked, "bytes=%d-%d", &first, &last); err != nil || first >= size {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		last = min(last, size-1)
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, size))
		status = http.StatusPartialContent
	}
	header.Set("Content-Length", strconv.FormatInt(last-first+1, 10))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	for at := first; at <= last; {
		start := at % int64(len(block))
		piece := block[start:min(start+last+1-at, int64(len(block)))]
		if _, err := w.Write(piece); err != nil {
			return
		}
		at += int64(len(piece))
	}
}
