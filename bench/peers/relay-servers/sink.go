package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

const bodyBufferBytes = 1 << 20

// The headers that a HEAD gives back as they came.
var keptHeaders = []string{"x-amz-checksum-crc32", "x-amz-checksum-type", "content-type"}

type part struct {
	XMLName  xml.Name `xml:"Part"`
	Number   int      `xml:"PartNumber"`
	Size     int64
	ETag     string
	Checksum string `xml:"ChecksumCRC32,omitempty"`
}

type object struct {
	size    int64
	etag    string
	headers http.Header
}

type upload struct {
	headers http.Header
	parts   map[int]part
}

// sink keeps what was said of objects, and of their bytes nothing. Signatures are not checked.
type sink struct {
	mutex   sync.Mutex
	next    int
	objects map[string]object
	uploads map[string]*upload
	buffers sync.Pool
}

func newSink() *sink {
	return &sink{
		objects: map[string]object{},
		uploads: map[string]*upload{},
		buffers: sync.Pool{New: func() any { buffer := make([]byte, bodyBufferBytes); return &buffer }},
	}
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	size, err := s.discard(r)
	if err != nil {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	query := r.URL.Query()
	switch id := query.Get("uploadId"); {
	case r.URL.Path == "/-/stored":
		s.tellStored(w)
	case !strings.Contains(strings.Trim(r.URL.Path, "/"), "/"):
		s.answerBucket(w, r)
	case r.Method == http.MethodPost && query.Has("uploads"):
		s.begin(w, r)
	case id != "" && s.uploads[id] == nil:
		refuse(w, http.StatusNotFound, "NoSuchUpload")
	case r.Method == http.MethodPut && id != "":
		s.writePart(w, r, id, size)
	case r.Method == http.MethodPost && id != "":
		s.complete(w, r, id)
	case r.Method == http.MethodGet && id != "":
		s.listParts(w, id)
	case r.Method == http.MethodPut:
		s.put(w, r, size)
	case r.Method == http.MethodDelete:
		delete(s.uploads, id)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodHead:
		s.head(w, r)
	default:
		refuse(w, http.StatusNotFound, "NoSuchKey")
	}
}

// The length of the object, which is not that of a body in aws-chunked form.
func (s *sink) discard(r *http.Request) (int64, error) {
	buffer := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	// Not io.Copy: it would take its own, smaller buffer.
	size := int64(0)
	for {
		n, err := r.Body.Read(*buffer)
		size += int64(n)
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
	}
	if decoded := r.Header.Get("x-amz-decoded-content-length"); decoded != "" {
		return strconv.ParseInt(decoded, 10, 64)
	}
	return size, nil
}

// tellStored answers how much is there, and forgets it.
func (s *sink) tellStored(w http.ResponseWriter) {
	bytes := int64(0)
	for _, each := range s.objects {
		bytes += each.size
	}
	_ = json.NewEncoder(w).Encode(map[string]int64{
		"objects": int64(len(s.objects)), "bytes": bytes, "uploads": int64(len(s.uploads)),
	})
	clear(s.objects)
	clear(s.uploads)
}

func (s *sink) answerBucket(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.URL.Query().Has("uploads") {
		answer(w, "<ListMultipartUploadsResult></ListMultipartUploadsResult>")
	} else if r.Method == http.MethodGet {
		answer(w, "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>")
	}
}

func (s *sink) begin(w http.ResponseWriter, r *http.Request) {
	s.next++
	id := fmt.Sprintf("upload-%d", s.next)
	s.uploads[id] = &upload{headers: kept(r), parts: map[int]part{}}
	answer(w, "<InitiateMultipartUploadResult><UploadId>"+id+"</UploadId></InitiateMultipartUploadResult>")
}

func (s *sink) writePart(w http.ResponseWriter, r *http.Request, id string, size int64) {
	number, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
	checksum := r.Header.Get("x-amz-checksum-crc32")
	etag := fmt.Sprintf(`"sink-%d-%d"`, number, size)
	s.uploads[id].parts[number] = part{Number: number, Size: size, ETag: etag, Checksum: checksum}
	w.Header().Set("ETag", etag)
	if checksum != "" {
		w.Header().Set("x-amz-checksum-crc32", checksum)
	}
}

func (s *sink) listParts(w http.ResponseWriter, id string) {
	parts := []part{}
	for _, each := range s.uploads[id].parts {
		parts = append(parts, each)
	}
	sort.Slice(parts, func(a, b int) bool { return parts[a].Number < parts[b].Number })
	text, _ := xml.Marshal(parts)
	answer(w, "<ListPartsResult><IsTruncated>false</IsTruncated>"+string(text)+"</ListPartsResult>")
}

func (s *sink) complete(w http.ResponseWriter, r *http.Request, id string) {
	done := object{etag: fmt.Sprintf(`"sink-%s-%d"`, id, len(s.uploads[id].parts)), headers: s.uploads[id].headers}
	for _, each := range s.uploads[id].parts {
		done.size += each.Size
	}
	checksum := r.Header.Get("x-amz-checksum-crc32")
	inner := ""
	if checksum != "" {
		done.headers.Set("x-amz-checksum-crc32", checksum)
		done.headers.Set("x-amz-checksum-type", "FULL_OBJECT")
		inner = "<ChecksumCRC32>" + checksum + "</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType>"
	}
	s.objects[r.URL.Path] = done
	delete(s.uploads, id)
	answer(w, "<CompleteMultipartUploadResult><ETag>"+done.etag+"</ETag>"+inner+"</CompleteMultipartUploadResult>")
}

func (s *sink) put(w http.ResponseWriter, r *http.Request, size int64) {
	written := object{size: size, etag: fmt.Sprintf(`"sink-%d"`, size), headers: kept(r)}
	s.objects[r.URL.Path] = written
	w.Header().Set("ETag", written.etag)
	if checksum := written.headers.Get("x-amz-checksum-crc32"); checksum != "" {
		w.Header().Set("x-amz-checksum-crc32", checksum)
		w.Header().Set("x-amz-checksum-type", "FULL_OBJECT")
	}
}

func (s *sink) head(w http.ResponseWriter, r *http.Request) {
	found, known := s.objects[r.URL.Path]
	if !known {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	for name, values := range found.headers {
		w.Header()[name] = values
	}
	w.Header().Set("ETag", found.etag)
	w.Header().Set("Content-Length", strconv.FormatInt(found.size, 10))
	w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
}

func kept(r *http.Request) http.Header {
	headers := http.Header{}
	for name, values := range r.Header {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			headers[name] = values
		}
	}
	for _, name := range keptHeaders {
		if value := r.Header.Get(name); value != "" {
			headers.Set(name, value)
		}
	}
	return headers
}

func answer(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/xml")
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+body)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>"+code+"</Message></Error>")
}
