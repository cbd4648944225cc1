package azure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// end sets what came out.
func (p *prover) end(s overgrant.State, c overgrant.Cause, why string) {
	p.proof.State, p.proof.Cause, p.proof.Why = s, c, why
}

// dead says that the credential is refused, why, and how it could come back.
func (p *prover) dead(c overgrant.Cause) {
	why, revives := p.deadWords(c)
	p.end(overgrant.Dead, c, why)
	p.proof.Revives = revives
}

func (p *prover) deadWords(c overgrant.Cause) (why, revives string) {
	g, policy := &p.grant, p.policy()
	switch c {
	case overgrant.CauseExpired:
		if end := g.End(); !end.IsZero() && !end.After(p.clock) {
			return fmt.Sprintf("The link expired on %s, and the service refuses it.", day(end)), ""
		}
		if g.PolicyID != "" {
			return fmt.Sprintf("%s has expired, and the service refuses the link.", policy),
				"If the stored access policy is given a later expiry, the link works again."
		}
		return "The service says that the link has expired.", ""
	case overgrant.CauseNotYet:
		when := "later"
		switch {
		case !g.Start.IsZero():
			when = "on " + day(g.Start)
		case g.PolicyID != "":
			when = "on the day that its stored access policy names"
		}
		return "The link does not work yet: it begins " + when + ".", "It begins to work " + when + ", by itself."
	case overgrant.CauseKeyRotated:
		return p.rotatedWords(), ""
	case overgrant.CausePolicyGone:
		if p.emulator {
			return fmt.Sprintf("%s, which the link depends on, was removed or has expired; the emulator does not say which.", policy),
				"If a stored access policy of the same name is made, or given a later expiry, the link works again."
		}
		return fmt.Sprintf("%s, which the link depends on, was removed, or was changed less than half a minute ago.", policy),
			"If a stored access policy of the same name is made, the link works again: only replacing the key ends it for good."
	case overgrant.CauseAccountGone:
		if p.proof.NameFree == nil {
			return fmt.Sprintf("The account %s is disabled, and the service refuses the link.", p.called()), ""
		}
		return fmt.Sprintf("No host of the account %s exists, so the link opens nothing; if its name is free, which only the resource manager can tell, anybody may take it and get whatever old links and programs still send there.", p.called()), ""
	case overgrant.CauseForbidden:
		if g.Kind == anonymous {
			return "The account lets nobody in without a credential.", "If the account allows public access again, the address opens what it opened before."
		}
		return "The account's policy forbids the use of keys, or of links as long-lived as this one.",
			"If the account allows them again, the link works again: only replacing the key ends it for good."
	case overgrant.CauseMalformed:
		return "The service cannot read the link: it is damaged, or its parts do not fit together.", ""
	case overgrant.CauseTargetGone:
		return p.targetWords()
	}
	if g.PolicyID != "" {
		return fmt.Sprintf("The service refuses the link without a reason: %s was removed or has expired, or the account's key was replaced.", lowerFirst(policy)),
			"If it was the policy, the link works again once a policy of the same name is made or given a later expiry."
	}
	return "The service refuses the link without a reason.", ""
}

// rotatedWords tell a signature that does not match from a key that is refused.
func (p *prover) rotatedWords() string {
	switch {
	case p.key != nil:
		return "The key is none of the account's: it was replaced, or it belongs to another account."
	case p.grant.Signer == "user_delegation_key":
		return "The signature does not hold: the delegation key was revoked, or the link was altered."
	case p.proof.Key == noKey:
		return "The signature was made with none of the account's keys that were given: the key was replaced, or the link was altered."
	case p.proof.Key != "":
		return fmt.Sprintf("The link was made with %s of those that were given, which the account does not take any more.", p.proof.Key)
	}
	return "The signature does not match any key of the account: the key was replaced, or the link was altered."
}

// targetWords tell what is missing.
func (p *prover) targetWords() (why, revives string) {
	switch {
	case p.grant.Kind == anonymous:
		return "Nobody is let in without a credential: what the address names is private, or is not there.", ""
	case p.grant.PolicyID != "":
		return "What the link opens was deleted, and with it the stored access policy that the link depends on.",
			"If it is made again under the same name, with a policy of the same name, the link works again."
	}
	return fmt.Sprintf("The account %s does not have the service that the link is for.", p.called()), ""
}

// unsure says that the answers tell neither.
func (p *prover) unsure(c overgrant.Cause) {
	p.end(overgrant.Inconclusive, c, p.unsureWords(c)+p.keyWords())
}

func (p *prover) unsureWords(c overgrant.Cause) string {
	switch c {
	case overgrant.CauseFirewall:
		return "The account refuses requests from here, as its firewall does, so whether the link works cannot be told; it may well work from elsewhere."
	case overgrant.CauseThrottled:
		return "The service is too busy to look at requests, so whether the link works cannot be told now."
	case overgrant.CauseUnreachable, overgrant.CauseAccountGone:
		return "The host of the account cannot be reached from here, so whether the link works cannot be told."
	case overgrant.CauseForeign:
		return "Nothing was sent, because the link leads to a host that is not the service's, or has a private address."
	}
	return "The answers tell neither that the link works nor that it does not."
}

// keyWords add what is known offline to what the service did not tell.
func (p *prover) keyWords() string {
	switch p.proof.Key {
	case "":
		return ""
	case noKey:
		return " None of the keys that were given made it: if they are the account's current ones, it is dead."
	}
	return fmt.Sprintf(" It is genuine: %s of those that were given made it.", p.proof.Key)
}

// verbs say what an action lets people do.
var verbs = map[string]string{
	"read": "read", "list": "list", "write": "write", "create": "create", "add": "add", "delete": "delete",
	"delete_version": "delete old versions", "permanent_delete": "delete for good", "tag": "tag", "find": "search by tags",
	"move": "move", "execute": "see access rights", "own": "change owners", "permit": "change access rights",
	"immutability": "change immutability", "update": "update", "process": "take messages",
}

// weighty are the actions that a sentence names where they were not tried. The
// others are in Proof.Permissions.
var weighty = []string{"read", "list", "write", "create", "add", "delete", "update", "process"}

// aliveWords say what a link that works lets people do.
func (p *prover) aliveWords() string {
	var can, untried []string
	for _, a := range p.actions() {
		switch p.proof.Permissions[a] {
		case overgrant.Granted, overgrant.ProvenBySignature:
			can = append(can, verbs[a])
		case overgrant.NotTried:
			if slices.Contains(weighty, a) {
				untried = append(untried, verbs[a])
			}
		}
	}
	what := "The link works"
	switch {
	case p.key != nil:
		what = "The key works"
	case p.grant.Kind == anonymous:
		what = "No credential is needed"
	}
	if limits := p.proof.Limits; len(limits) > 0 {
		what += " (" + strings.Join(limits, ", ") + ")"
	}
	switch {
	case p.key != nil:
		return fmt.Sprintf("%s: whoever has it can do everything in the account %s.", what, p.called())
	case len(can) > 0:
		what += ": whoever has it can " + and(can) + " in " + p.scope()
		if p.grant.Kind == anonymous {
			what = "No credential is needed: anybody can " + and(can) + " in " + p.scope()
		}
	case len(untried) == 0:
		return what + ", but allows nothing in " + p.scope() + " at present."
	default:
		return what + "; what it allows in " + p.scope() + " was not shown, and not all of it was tried."
	}
	if p.wide() && slices.Contains(can, "read") && !slices.Contains(can, "list") {
		what += ", for names that are known or guessed"
	}
	if !p.wide() && slices.Contains(p.grant.Actions, "read") && !slices.Contains(p.actions(), "list") && (p.grant.Resource == "c" || p.grant.Resource == "s") {
		what += "; it reads what is named exactly, and lists nothing"
	}
	if p.targetMissing() {
		what += "; what it names is not there any more"
	}
	if len(untried) > 0 {
		what += "; whether it can also " + or(untried) + " was not tried"
	}
	return what + "."
}

// targetMissing reports whether the one blob that a link is for was looked for
// and is not there.
func (p *prover) targetMissing() bool {
	if !strings.HasPrefix(p.grant.Resource, "b") || p.only() != blobs {
		return false
	}
	for as, a := range p.answered {
		if as.as == p.reach && !as.plain && slices.Contains([]string{"BlobNotFound", "ContainerNotFound"}, a.code) {
			return true
		}
	}
	return false
}

// scope says in what.
func (p *prover) scope() string {
	container, path := p.target()
	if p.wide() || container == "" {
		return "the whole account " + p.called()
	}
	sort := map[string]string{files: "share", queues: "queue", tables: "table"}[p.only()]
	switch {
	case sort != "" && p.grant.Resource == "f":
		return fmt.Sprintf("the file %q", clip(path))
	case sort != "":
		return fmt.Sprintf("the %s %q", sort, clip(container))
	case strings.HasPrefix(p.grant.Resource, "b"):
		return fmt.Sprintf("the blob %q", clip(container+"/"+path))
	case p.grant.Resource == "d":
		return fmt.Sprintf("the directory %q", clip(container+"/"+p.directory()))
	}
	return fmt.Sprintf("the container %q", clip(container))
}

// called is the account's name, as far as it is known.
func (p *prover) called() string {
	if p.name == "" {
		return "behind this host"
	}
	return p.name
}

func (p *prover) policy() string {
	return fmt.Sprintf("The stored access policy %q", clip(p.grant.PolicyID))
}

// clip shortens a name for a sentence.
func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// and joins words as a sentence does.
func and(words []string) string { return joined(words, "and") }
func or(words []string) string  { return joined(words, "or") }

func joined(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}
