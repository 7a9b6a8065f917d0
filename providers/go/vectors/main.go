// Command vectors makes a token for each case on standard input. See ../../README.md for what is read and written.
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"signettoken"
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	check(err)
	for _, text := range strings.Split(strings.TrimSpace(string(input)), "\n\n") {
		fields, data := map[string]string{}, map[string]string{}
		for _, line := range strings.Split(text, "\n") {
			name, encoded, _ := strings.Cut(line, " ")
			value, err := base64.StdEncoding.DecodeString(encoded)
			check(err)
			if member := strings.TrimPrefix(name, "data."); member != name {
				data[member] = string(value)
			} else {
				fields[name] = string(value)
			}
		}
		token, err := answer(fields, data)
		if errors.Is(err, signettoken.ErrInvalid) {
			token = "refused"
		} else {
			check(err)
		}
		fmt.Println(token)
	}
}

func answer(fields, data map[string]string) (string, error) {
	options := signettoken.Options{
		Issuer:        fields["issuer"],
		Audience:      fields["audience"],
		KeyID:         fields["keyId"],
		PlatformKeyID: fields["platformKeyId"],
		ClaimPrefix:   fields["claimPrefix"],
	}
	if text, given := fields["lifetime"]; given {
		seconds, err := strconv.Atoi(text)
		check(err)
		if seconds == 0 {
			// Zero is Go's way to say that nothing was said; the case means a lifetime that is too short.
			seconds = -1
		}
		options.Lifetime = time.Duration(seconds) * time.Second
	}
	if text, given := fields["clock"]; given {
		seconds, err := strconv.ParseInt(text, 10, 64)
		check(err)
		options.Clock = func() time.Time { return time.Unix(seconds, 0) }
	}
	provider, err := signettoken.New([]byte(fields["privateKey"]), []byte(fields["platformKey"]), options)
	if err != nil {
		return "", err
	}
	// A member that is not documented does not compile in Go; here it is a name without a place.
	visitorData := signettoken.VisitorData{}
	places := map[string]*string{
		"address": &visitorData.Address, "city": &visitorData.City, "country": &visitorData.Country, "email": &visitorData.Email,
		"firstName": &visitorData.FirstName, "lastName": &visitorData.LastName, "phoneNumber": &visitorData.PhoneNumber,
		"zipCode": &visitorData.ZipCode,
	}
	for name, value := range data {
		place, documented := places[name]
		if !documented {
			return "", fmt.Errorf("%w: no member %s", signettoken.ErrInvalid, name)
		}
		*place = value
	}
	return provider.Issue(fields["userId"], visitorData)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
