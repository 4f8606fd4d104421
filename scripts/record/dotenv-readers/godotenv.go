// Prints what godotenv reads: JSON array of texts in, JSON array of pairs out.
package main

import (
	"encoding/json"
	"os"

	"github.com/joho/godotenv"
)

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	answers := make([][][2]string, len(texts))
	for index, text := range texts {
		values, err := godotenv.Unmarshal(text)
		if err != nil {
			continue
		}
		answers[index] = [][2]string{}
		for name, value := range values {
			answers[index] = append(answers[index], [2]string{name, value})
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answers); err != nil {
		panic(err)
	}
}
