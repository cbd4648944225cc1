package arm

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The audiences of tokens: of the resource manager and of storage.
const (
	Management = "https://management.core.windows.net"
	Storage    = "https://storage.azure.com"
)

// tokenLives is how long a token is taken.
const tokenLives = time.Hour

// claims are what a token says.
type claims struct {
	Audience string `json:"aud"`
	Issuer   string `json:"iss"`
	Issued   int64  `json:"iat"`
	From     int64  `json:"nbf"`
	Until    int64  `json:"exp"`
	Object   string `json:"oid"`
	Tenant   string `json:"tid"`
	Subject  string `json:"sub"`
}

// Token returns a token for an audience. Nobody signed it: whoever knows its
// form can make one, here as at the storage emulator.
func (s *Server) Token(audience string) string {
	now := s.opt.Now()
	part := func(v any) string {
		text, _ := json.Marshal(v) // strings and numbers do not fail
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(map[string]string{"alg": "none", "typ": "JWT"}) + "." + part(claims{
		Audience: audience, Issuer: "https://sts.windows.net/" + s.opt.Tenant + "/",
		Issued: now.Add(-time.Minute).Unix(), From: now.Add(-time.Minute).Unix(), Until: now.Add(tokenLives).Unix(),
		Object: s.opt.Object, Tenant: s.opt.Tenant, Subject: s.opt.Object,
	}) + "."
}

// mayAsk reports whether a request has a token for an audience.
func (s *Server) mayAsk(r *http.Request, audience string) bool {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	parts := strings.Split(text, ".")
	if !ok || len(parts) != 3 {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var c claims
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return false
	}
	now := s.opt.Now().Unix()
	return strings.TrimSuffix(c.Audience, "/") == audience && c.Tenant == s.opt.Tenant && c.From <= now && now < c.Until
}

// tokens serves the service of tokens, and reports whether the request was for
// it.
//
// Source: Microsoft identity platform, "OpenID Connect" and "client credentials
// flow".
func (s *Server) tokens(w http.ResponseWriter, r *http.Request) bool {
	here := "https://" + r.Host
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/common/discovery/instance":
		host, _, _ := strings.Cut(r.Host, "/")
		answer(w, http.StatusOK, map[string]any{
			"tenant_discovery_endpoint": here + "/" + s.opt.Tenant + "/v2.0/.well-known/openid-configuration",
			"api-version":               "1.1",
			"metadata":                  []any{map[string]any{"preferred_network": host, "preferred_cache": host, "aliases": []string{host}}},
		})
	case rest == "v2.0/.well-known/openid-configuration":
		answer(w, http.StatusOK, map[string]any{
			"issuer":                 here + "/" + tenant + "/v2.0",
			"token_endpoint":         here + "/" + tenant + "/oauth2/v2.0/token",
			"authorization_endpoint": here + "/" + tenant + "/oauth2/v2.0/authorize",
		})
	case rest == "oauth2/v2.0/token" && r.Method == http.MethodPost:
		s.handOut(w, r, tenant)
	default:
		return false
	}
	return true
}

// handOut answers the request of a login for a token.
func (s *Server) handOut(w http.ResponseWriter, r *http.Request, tenant string) {
	refuse := func(code, text string) {
		answer(w, http.StatusUnauthorized, map[string]any{"error": code, "error_description": text, "error_codes": []int{7000215}})
	}
	if err := r.ParseForm(); err != nil {
		refuse("invalid_request", "AADSTS900144: The request body is not well formed.")
		return
	}
	f := r.PostForm
	switch {
	case tenant != s.opt.Tenant:
		refuse("invalid_request", "AADSTS90002: Tenant '"+tenant+"' not found.")
	case s.opt.ClientID != "" && f.Get("client_id") != s.opt.ClientID:
		refuse("unauthorized_client", "AADSTS700016: Application was not found in the directory.") //nolint:misspell // a word of the protocol
	case f.Get("grant_type") != "client_credentials" || s.opt.Secret != "" && f.Get("client_secret") != s.opt.Secret:
		refuse("invalid_client", "AADSTS7000215: Invalid client secret provided.")
	default:
		answer(w, http.StatusOK, map[string]any{
			"token_type": "Bearer", "expires_in": int(tokenLives / time.Second), "ext_expires_in": int(tokenLives / time.Second),
			"access_token": s.Token(audienceOf(f)),
		})
	}
}

// audienceOf returns for what a token is asked.
func audienceOf(form url.Values) string {
	for scope := range strings.FieldsSeq(form.Get("scope")) {
		if audience, ok := strings.CutSuffix(scope, "/.default"); ok {
			return strings.TrimSuffix(audience, "/")
		}
	}
	return ""
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		status, raw = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}
