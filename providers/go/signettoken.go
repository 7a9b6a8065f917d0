// Tested with Go 1.19 by crates/signet/tests/it/providers.rs. Needs nothing but the standard library.

// Package signettoken makes the tokens with which a site's backend tells Signet who is signed in.
package signettoken

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrInvalid is wrapped by the errors for what Signet would refuse.
var ErrInvalid = errors.New("not acceptable to Signet")

// Options of a Provider. Only Issuer is needed in the compatible profile.
type Options struct {
	Issuer        string           // iss: your site's name, such as https://www.example.com
	Lifetime      time.Duration    // how long a token is good for; zero says a minute
	Audience      string           // aud: your site id; the strict profile needs it
	KeyID         string           // kid of your key, as registered; the strict profile needs it
	PlatformKeyID string           // kid of Signet's key, from /.well-known/jwks.json; the strict profile needs it
	ClaimPrefix   string           // the project's claim prefix; empty says https://iadvize.com/
	Clock         func() time.Time // for tests; nil says time.Now
}

// Provider makes tokens. Make one and keep it; goroutines may share it.
type Provider struct {
	signingKey  *rsa.PrivateKey
	platformKey *rsa.PublicKey
	options     Options
}

// VisitorData is shown to agents. Empty members are left out.
type VisitorData struct {
	Address     string `json:"address,omitempty"`
	City        string `json:"city,omitempty"`
	Country     string `json:"country,omitempty"`
	Email       string `json:"email,omitempty"`
	FirstName   string `json:"firstName,omitempty"`
	LastName    string `json:"lastName,omitempty"`
	PhoneNumber string `json:"phoneNumber,omitempty"`
	ZipCode     string `json:"zipCode,omitempty"`
}

// New reads the keys: yours as openssl and `signet keys generate` write it (PKCS#8 or traditional), and Signet's public one from
// /keys/platform.pem.
func New(privateKeyPEM, platformKeyPEM []byte, options Options) (*Provider, error) {
	if options.Lifetime == 0 {
		options.Lifetime = time.Minute
	}
	if options.ClaimPrefix == "" {
		options.ClaimPrefix = "https://iadvize.com/"
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	if options.Issuer == "" {
		return nil, fmt.Errorf("%w: an issuer is needed", ErrInvalid)
	}
	if options.Lifetime < time.Second || options.Lifetime > 24*time.Hour {
		return nil, fmt.Errorf("%w: the lifetime is a second to a day", ErrInvalid)
	}
	signingKey, err := parsePrivateKey(privateKeyPEM)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(platformKeyPEM)
	if block == nil {
		return nil, errors.New("the platform's key is not PEM")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	platformKey, ok := public.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("the platform's key is not an RSA key")
	}
	return &Provider{signingKey, platformKey, options}, nil
}

func parsePrivateKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the private key is not PEM")
	}
	if block.Type == "RSA PRIVATE KEY" {
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := private.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the private key is not an RSA key")
	}
	return key, nil
}

// Issue makes a token for the person who is signed in now. Take userID from your own checked session, never from the request: 1 to
// 255 characters, unique, never given to somebody else.
func (provider *Provider) Issue(userID string, data VisitorData) (string, error) {
	if length := utf8.RuneCountInString(userID); length < 1 || length > 255 || !utf8.ValidString(userID) || strings.IndexFunc(userID, unicode.IsControl) >= 0 {
		return "", fmt.Errorf("%w: a user id is a string of 1 to 255 printable characters", ErrInvalid)
	}
	for _, value := range []string{data.Address, data.City, data.Country, data.Email, data.FirstName, data.LastName, data.PhoneNumber, data.ZipCode} {
		if utf8.RuneCountInString(value) > 1024 {
			return "", fmt.Errorf("%w: visitor data has members of at most 1,024 characters", ErrInvalid)
		}
	}
	options := provider.options
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return "", err
	}
	issuedAt := options.Clock()
	claims := map[string]any{
		options.ClaimPrefix + "userId": userID,
		"iss":                          options.Issuer,
		"iat":                          issuedAt.Unix(),
		"exp":                          issuedAt.Add(options.Lifetime).Unix(),
		"jti":                          encode(id),
	}
	if data != (VisitorData{}) {
		claims[options.ClaimPrefix+"visitorData"] = data
	}
	if options.Audience != "" {
		claims["aud"] = options.Audience
	}
	signed, err := provider.sign(claims)
	if err != nil {
		return "", err
	}
	return provider.encrypt(signed)
}

func (provider *Provider) sign(claims map[string]any) (string, error) {
	header, err := encodeHeader(map[string]string{"alg": "RS256", "typ": "visitor+jwt"}, provider.options.KeyID)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	content := header + "." + encode(payload)
	digest := sha256.Sum256([]byte(content))
	signature, err := rsa.SignPKCS1v15(rand.Reader, provider.signingKey, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	return content + "." + encode(signature), nil
}

func (provider *Provider) encrypt(content string) (string, error) {
	header, err := encodeHeader(map[string]string{"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT"}, provider.options.PlatformKeyID)
	if err != nil {
		return "", err
	}
	secret := make([]byte, 32+12)
	if _, err := rand.Read(secret); err != nil {
		return "", err
	}
	contentKey, nonce := secret[:32], secret[32:]
	encryptedKey, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, provider.platformKey, contentKey, nil)
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(contentKey)
	if err != nil {
		return "", err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return "", err
	}
	sealed := gcm.Seal(nil, nonce, []byte(content), []byte(header))
	split := len(sealed) - gcm.Overhead()
	return strings.Join([]string{header, encode(encryptedKey), encode(nonce), encode(sealed[:split]), encode(sealed[split:])}, "."), nil
}

func encodeHeader(header map[string]string, keyID string) (string, error) {
	if keyID != "" {
		header["kid"] = keyID
	}
	text, err := json.Marshal(header)
	return encode(text), err
}

func encode(bytes []byte) string {
	return base64.RawURLEncoding.EncodeToString(bytes)
}
