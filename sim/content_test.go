package sim

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A content is what it was when it was made, whatever is appended to copies of it and
// wherever they are cut.
func TestContentAgainstBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type version struct {
			content content
			want    []byte
		}
		newest := version{}
		var versions []version
		for i := range rapid.IntRange(1, 30).Draw(t, "steps") {
			size := rapid.SampledFrom([]int{0, 1, 3, 511, 512, 513, maxBlock - 1, maxBlock, maxBlock + 1}).Draw(t, "size")
			data := bytes.Repeat([]byte{byte(i + 1)}, size)
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				newest = version{contentOf(data), data}
			case 1:
				size = min(size, len(newest.want))
				newest = version{newest.content.cut(size), newest.want[:size:size]}
			default:
				next, placed := newest.content.append(data)
				require.True(t, bytes.Equal(data, placed))
				newest = version{next, append(newest.want[:len(newest.want):len(newest.want)], data...)}
			}
			versions = append(versions, newest)
		}
		for _, v := range versions {
			require.Equal(t, len(v.want), v.content.size)
			require.True(t, bytes.Equal(v.want, v.content.bytes()))
		}
	})
}
