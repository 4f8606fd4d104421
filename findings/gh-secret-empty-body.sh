#!/bin/sh
# `gh secret set NAME --body ""` stores what is on standard input, and not the empty value that the flag gives.
#
# Version: gh 2.23.0 (Debian's 2.23.0+dfsg1-1). The source at v2.60.0 has the same test (`opts.Body != ""` in
#   `getBody`, pkg/cmd/secret/set/set.go).
# Behaviour: in a loop that reads names from standard input, a value that happens to be empty makes gh read the rest of
#   the list. The remaining names become the value of the first secret, the loop ends, and every exit status is 0.
# Expected: an empty secret, or an error. The flag is given, and its help says: "The value for the secret (reads from
#   standard input if not specified)". One of its examples is `gh secret set MYSECRET --body "$ENV_VALUE"`.
#
# Run without Coffer, on valid input, against a local server with the three requests of GitHub's API that gh makes.
# Needs Debian's apt-get and dpkg-deb, node, npm and openssl. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$folder"' EXIT
cd "$folder"
chmod 755 "$folder"
apt-get download -qq gh=2.23.0+dfsg1-1
dpkg-deb -x gh_*.deb gh
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts libsodium-wrappers@0.8.4
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out certificate.pem -days 2 \
	-subj /CN=localhost -addext subjectAltName=DNS:localhost 2> openssl.log
cat > server.mjs <<'PROGRAM'
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import sodium from "libsodium-wrappers";

await sodium.ready;
const { publicKey, privateKey } = sodium.crypto_box_keypair();
const ORIGINAL = sodium.base64_variants.ORIGINAL;
const key = { key_id: "1", key: sodium.to_base64(publicKey, ORIGINAL) };
const tls = { key: readFileSync("key.pem"), cert: readFileSync("certificate.pem") };
const server = createServer(tls, async (request, response) => {
	let text = "";
	for await (const chunk of request) text += chunk;
	const isKey = request.url.endsWith("/public-key");
	if (!isKey) {
		const sealed = sodium.from_base64(JSON.parse(text).encrypted_value, ORIGINAL);
		const value = sodium.to_string(sodium.crypto_box_seal_open(sealed, publicKey, privateKey));
		appendFileSync("stored", `${request.url.split("/").at(-1)}=${JSON.stringify(value)}\n`);
	}
	response.writeHead(isKey ? 200 : 201, { "content-type": "application/json" }).end(JSON.stringify(isKey ? key : {}));
});
server.listen(0, "localhost", () => writeFileSync("port", String(server.address().port)));
PROGRAM
node server.mjs &
server=$!
while [ ! -s port ]; do sleep 0.1; done
host=localhost:$(cat port)
export SSL_CERT_FILE="$folder/certificate.pem" GH_HOST="$host" GH_ENTERPRISE_TOKEN=token HOME="$folder" GH_NO_UPDATE_NOTIFIER=1
value=
printf 'FIRST\nSECOND\nTHIRD\n' | while read -r name; do
	gh/usr/bin/gh secret set "$name" --body "$value" --repo "$host/owner/name"
	echo "exit status $? for $name"
done
cat stored
[ "$(cat stored)" = 'FIRST="SECOND\nTHIRD"' ]
