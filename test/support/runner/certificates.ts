/**
 * Before any test: moves the certificates of NODE_EXTRA_CA_CERTS to DENO_CERT. Node 20 reads all of them at each
 * start, which takes twice the processor time of the start itself (`findings/node-extra-ca-certs.sh`). Tests start
 * Node more than a thousand times, but only Deno downloads.
 */
export default function setup(): void {
	const { DENO_CERT, NODE_EXTRA_CA_CERTS } = process.env;
	if (NODE_EXTRA_CA_CERTS === undefined) return;
	process.env["DENO_CERT"] = DENO_CERT ?? NODE_EXTRA_CA_CERTS;
	delete process.env["NODE_EXTRA_CA_CERTS"];
}
