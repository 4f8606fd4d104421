/**
 * What the data plane and its gateways do not get: Coffer's variables and those of S3, among which are identities, tokens
 * and keys; and the certificates for connections with TLS, since they open none and Node 20 would read all of them at
 * each start (`findings/node-extra-ca-certs.sh`).
 */
const LEFT_OUT = /^(?:COFFER_|AWS_|NODE_EXTRA_CA_CERTS$)/;

/** Whether the data plane and its gateways get a variable of the platform's environment. */
export function isOfDataPlane(name: string): boolean {
	return !LEFT_OUT.test(name);
}
