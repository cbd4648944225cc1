package classify

// topics says which sorts of numbers a text has named, and where it did last.
// What the beginning of a text names holds for all of it, for there a table
// says what its columns are.
type topics struct {
	last  [len(idNumbers) + 1]int64 // bytes from the beginning of the text, plus one; 0 for never
	first [len(idNumbers) + 1]bool  // named in the first headerSize bytes
	base  int64                     // where the window begins in the text
}

// cardTopic is the place of payment cards behind all of idNumbers.
const cardTopic = len(idNumbers)

const (
	// headerSize is how many bytes at the beginning of a text may say what the
	// numbers in it are.
	headerSize = 1024

	// nearSize is how many bytes before a number a word may stand that names it.
	nearSize = 96
)

// addTopics makes l find the words that name sorts of numbers.
func addTopics(l *lexicon) {
	for i := range idNumbers {
		for _, word := range idNumbers[i].words {
			l.add(word, event{number: topic, topic: i})
		}
	}
	for _, word := range cardWords {
		l.add(word, event{number: topic, topic: cardTopic})
	}
}

// note remembers that a word about a topic stands at b[at:].
func (t *topics) note(b []byte, at int, m *mark) {
	end := at + len(m.text)
	if at > 0 && isLetter(b[at-1]) || end < len(b) && isLetter(b[end]) {
		return
	}
	i := m.event.topic
	where := t.base + int64(at)
	t.last[i] = where + 1
	if where < headerSize {
		t.first[i] = true
	}
}

// near reports whether the topic of the number at the index at was named
// shortly before, or by the beginning of the text.
func (t *topics) near(topic, at int) bool {
	return t.first[topic] || t.last[topic] > 0 && t.base+int64(at)-t.last[topic] < nearSize
}
