# Makes knoxfs-trees.7 for scdoc(1) from docs/TREES.md: headings, paragraphs, indented examples, lists and tables of two columns.
BEGIN {
    print "knoxfs-trees(7)\n\n# NAME\n\nknoxfs-trees - virtual files of a mount: this mount, the cluster, jobs\n\n# DESCRIPTION\n"
}
function marked(s,    out, code) { # `code` is bold; what scdoc would take for its own is escaped
    gsub(/\\/, "\\\\", s); gsub(/\*/, "\\*", s); gsub(/_/, "\\_", s); gsub(/[~#<>]/, "\\\\&", s)
    out = ""; code = 0
    while (match(s, /`/)) {
        out = out substr(s, 1, RSTART - 1) "*"
        s = substr(s, RSTART + 1); code = !code
    }
    return out s
}
function examples(on) { if (on != inside) { print on ? "```" : "```\n"; inside = on } }
NR == 1 { next } # the title
/^    / { examples(1); print substr($0, 5); next }
/^$/ && inside { held = held "\n"; examples(0); next }
{ examples(0) }
/^## / { print "# " marked(substr($0, 4)); next }
/^### / { print "## " marked(substr($0, 5)); next }
/^\|---/ { next }
/^\| *(file|verb|number|view|name|which) *\|/ { next }
/^\| / {
    line = $0
    sub(/^\| /, "", line); sub(/ \|$/, "", line)
    cut = index(line, " | ")
    print marked(substr(line, 1, cut - 1)) "\n\t" marked(substr(line, cut + 3)) "\n"
    next
}
{ print marked($0) }
END { examples(0); print "\n# SEE ALSO\n\n*knoxfs*(8), *knoxctl*(1)" }
