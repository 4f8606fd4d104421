/** Certificates for a test file, and connections to a gateway that uses them. */
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import type { Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, beforeAll } from "vitest";
import { type Log, NO_LOG } from "../../../src/platform/faults/log.ts";
import type { GatewayTls } from "../../../src/platform/gateway/listener/certificates.ts";
import { Authority } from "../../stories/support/network/authority.ts";

export interface Certificates {
	readonly authority: Authority;
	/** Options of a gateway whose certificate is for this machine. */
	readonly tls: GatewayTls;
}

/** An authority and a certificate for the tests of a file. */
export function useCertificates(): Certificates {
	let authority: Authority | undefined;
	let tls: GatewayTls | undefined;
	beforeAll(() => {
		authority = new Authority();
		tls = { pairs: [authority.issue("gateway")], log: NO_LOG };
	});
	afterAll(() => authority?.[Symbol.dispose]());
	const given = <Value>(value: Value | undefined): Value => {
		if (value === undefined) throw new Error("No test runs yet.");
		return value;
	};
	return {
		get authority() {
			return given(authority);
		},
		get tls() {
			return given(tls);
		},
	};
}

const TRUST = { host: "127.0.0.1", rejectUnauthorized: false };

/** A connection of TLS, on which bytes can be written at once. */
export function dialTls(port: number, protocol = "http/1.1"): TLSSocket {
	return connectTls({ ...TRUST, port, ALPNProtocols: [protocol] });
}

/** The name in the certificate that a client gets. @param host the name that it asks for */
export async function presented(port: number, host?: string): Promise<string> {
	const socket: Socket & TLSSocket = connectTls({ ...TRUST, port, ...(host && { servername: host }) });
	await once(socket, "secureConnect");
	const { subject } = socket.getPeerCertificate();
	socket.destroy();
	return String(subject.CN);
}

/** A session of Node's own client of HTTP/2. */
export function dialHttp2(port: number): ClientHttp2Session & Disposable {
	const session = connectHttp2(`https://localhost:${port}`, TRUST);
	session.on("error", () => undefined);
	return Object.assign(session, { [Symbol.dispose]: () => session.destroy() });
}

/** A log that keeps its lines. */
export function keptLog(): { readonly log: Log; readonly lines: string[] } {
	const lines: string[] = [];
	const note = (fields: unknown, message?: string) =>
		void lines.push(`${message ?? ""} ${JSON.stringify(fields)}`);
	return { lines, log: { info: note, warn: note, error: note } as unknown as Log };
}
