// The works of the suite `realistic` for Go's net/http, on two cores.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
)

type item struct {
	ID    int      `json:"id"`
	Name  string   `json:"name"`
	Price int      `json:"price"`
	Tags  []string `json:"tags"`
	Stock bool     `json:"stock"`
}

type list struct {
	Page     int    `json:"page"`
	Sort     string `json:"sort"`
	Language string `json:"language"`
	Cookies  int    `json:"cookies"`
	Items    []item `json:"items"`
}

type order struct {
	Customer string `json:"customer"`
	Lines    []struct {
		Amount int `json:"amount"`
		Price  int `json:"price"`
	} `json:"lines"`
}

type sum struct {
	Customer string `json:"customer"`
	Lines    int    `json:"lines"`
	Total    int    `json:"total"`
}

var piece = []byte(strings.Repeat("0123456789abcdef", 64))
var page = makePage()

func makePage() string {
	var text strings.Builder
	text.WriteString("<!doctype html>\n<html lang=\"en\">\n<title>Articles</title>\n<ul>\n")
	for i := 1000; i < 1147; i++ {
		fmt.Fprintf(&text, "<li class=\"entry\"><a href=\"/articles/%d\">Article number %d</a>"+
			"<p>A line of plain text about it, as in any list.</p></li>\n", i, i)
	}
	text.WriteString("</ul>\n<p>© 2026</p>\n</html>\n")
	return text.String()
}

func respond(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
	io.WriteString(w, text)
}

func respondJSON(w http.ResponseWriter, content any) {
	text, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(text)
}

func listItems(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	number, _ := strconv.Atoi(query.Get("page"))
	items := make([]item, 12)
	for i := range items {
		items[i] = item{number*100 + i, fmt.Sprintf("Item number %d", i), 5 + i, []string{"new", "sale"}, true}
	}
	fields := w.Header()
	fields.Set("Cache-Control", "private, max-age=60")
	fields.Set("ETag", `"5f3c2a10"`)
	fields.Set("Vary", "Accept-Language, Cookie")
	fields.Set("X-Content-Type-Options", "nosniff")
	fields.Set("X-Request-Cost", "1")
	respondJSON(w, list{
		number, query.Get("sort"), r.Header.Get("Accept-Language"), len(r.Header.Get("Cookie")), items,
	})
}

func sumOrder(w http.ResponseWriter, r *http.Request) {
	var content order
	if err := json.NewDecoder(r.Body).Decode(&content); err != nil {
		panic(err)
	}
	total := 0
	for _, line := range content.Lines {
		total += line.Amount * line.Price
	}
	respondJSON(w, sum{content.Customer, len(content.Lines), total})
}

func describeFile(w http.ResponseWriter, r *http.Request) {
	octets, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	respond(w, fmt.Sprintf("%d %d %d", len(octets), octets[0], octets[len(octets)-1]))
}

func main() {
	http.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) { respond(w, "Hello world!") })
	http.HandleFunc("/json", listItems)
	http.HandleFunc("/order", sumOrder)
	http.HandleFunc("/form", func(w http.ResponseWriter, r *http.Request) {
		respond(w, fmt.Sprintf("Thank you, %s <%s>", r.PostFormValue("name"), r.PostFormValue("email")))
	})
	http.HandleFunc("/file", describeFile)
	http.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		for i := 0; i < 16; i++ {
			w.Write(piece)
		}
	})
	http.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		fields := w.Header()
		fields.Set("Content-Type", "text/html; charset=utf-8")
		fields.Set("Cache-Control", "no-cache")
		fields.Set("ETag", `"a1b2c3d4"`)
		io.WriteString(w, page)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Listening on http://%s/\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
