/** TLS at the gateway's listener: which certificate a client gets, renewal, and connections without a handshake. */
import { once } from "node:events";
import { copyFileSync, renameSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, test, vi } from "vitest";
import { AppError } from "../../../../src/errors.ts";
import { FaultBoundary } from "../../../../src/platform/faults/error-boundary.ts";
import { NO_LOG } from "../../../../src/platform/faults/log.ts";
import { Listener, type ListenerOptions } from "../../../../src/platform/gateway/listener/listener.ts";
import type { CertificateFiles } from "../../../stories/support/network/authority.ts";
import { statusesOf } from "../fixtures/raw.ts";
import { dialHttp2, dialTls, keptLog, presented, useCertificates } from "../fixtures/secure.ts";

const GET = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

const certificates = useCertificates();
const faults = new FaultBoundary("gateway");
const refused: string[] = [];
const clients: { destroy(): unknown }[] = [];
let listener: Listener | undefined;
let port = 0;

async function serve(options: Partial<ListenerOptions> = {}): Promise<void> {
	listener = new Listener({
		...{ timeouts: {}, faults, limits: { max: 100, perPeerMax: 100 }, tls: certificates.tls },
		onExchange: (client) => {
			const body = Buffer.from("hello");
			client.begin({ status: 200, reason: "OK", headers: [], length: body.length });
			client.end(body);
		},
		onRefused: (why) => refused.push(why),
		...options,
	});
	({ port } = await listener.listen(0, "127.0.0.1"));
}

afterEach(async () => {
	for (const client of clients.splice(0)) client.destroy();
	await listener?.close(0);
	listener = undefined;
	refused.length = 0;
	expect(faults.count).toBe(0);
});

/** A connection that begins no handshake. */
async function silent(): Promise<Socket> {
	const socket = connect(port, "127.0.0.1").on("error", () => undefined);
	clients.push(socket);
	await once(socket, "connect");
	return socket;
}

/** Resolves when a connection has closed, after an error or not. */
function closing(socket: Socket): Promise<void> {
	return new Promise((resolve) => socket.once("close", () => resolve()));
}

async function textOf(socket: Socket, bytes: string): Promise<string> {
	clients.push(socket);
	socket.on("error", () => undefined);
	socket.write(bytes, "latin1");
	const pieces: Buffer[] = [];
	socket.on("data", (piece: Buffer) => pieces.push(piece));
	await once(socket, "close");
	return Buffer.concat(pieces).toString("latin1");
}

describe("the certificate", () => {
	const pairs = () => [
		certificates.authority.issue("first", "DNS:coffer.example"),
		certificates.authority.issue("wild", "DNS:*.shop.example,DNS:shop.example"),
		certificates.authority.issue("exact", "DNS:login.shop.example"),
	];

	test("is the one for the name that the client asks for; otherwise the first one", async () => {
		await serve({ tls: { pairs: pairs(), log: NO_LOG } });
		const expected = {
			"coffer.example": "first",
			"shop.example": "wild",
			"SHOP.example": "wild",
			"pay.shop.example": "wild",
			"login.shop.example": "exact",
			"a.pay.shop.example": "first",
			"other.example": "first",
			"-": "first",
		};
		const names = Object.keys(expected).map(async (host) => [host, await presented(port, host)]);
		expect(Object.fromEntries(await Promise.all(names))).toEqual(expected);
		expect(await presented(port)).toBe("first");
	});

	/** Copies of two pairs, at the paths that the listener reads. */
	function live(): {
		files: CertificateFiles[];
		put: (index: number, from: CertificateFiles, part: "cert" | "key") => void;
	} {
		const { folder } = certificates.authority;
		const files = [0, 1].map((index) => ({
			cert: join(folder, `live-${index}.pem`),
			key: join(folder, `live-${index}.key`),
		}));
		const put = (index: number, from: CertificateFiles, part: "cert" | "key") => {
			const path = files[index]?.[part] ?? "";
			copyFileSync(from[part], `${path}.new`);
			renameSync(`${path}.new`, path);
		};
		return { files, put };
	}

	test("is read again when its files have changed, also for other names; open connections stay", async () => {
		const { files, put } = live();
		const [first, wild] = pairs();
		const renewed = certificates.authority.issue("renewed", "DNS:coffer.example");
		const another = certificates.authority.issue("another", "DNS:blog.example");
		if (first === undefined || wild === undefined) throw new Error("There are no certificates.");
		for (const part of ["cert", "key"] as const) {
			put(0, first, part);
			put(1, wild, part);
		}
		const { lines, log } = keptLog();
		await serve({ tls: { pairs: files, log } });
		const open = dialTls(port);
		clients.push(open);
		await once(open, "secureConnect");
		expect(await presented(port, "blog.example")).toBe("first");
		// As a certificate tool writes them: one after the other.
		put(0, renewed, "cert");
		for (let count = 0; count < 3; count++) expect(await presented(port)).toBe("first");
		expect(lines).toEqual([expect.stringMatching(/keeps a previous certificate.*TLS_KEY_MISMATCH/)]);
		put(0, renewed, "key");
		put(1, another, "cert");
		put(1, another, "key");
		expect(await presented(port)).toBe("renewed");
		expect(await presented(port, "blog.example")).toBe("another");
		expect(await presented(port, "shop.example")).toBe("renewed");
		writeFileSync(files[1]?.key ?? "", "-----BEGIN PRIVATE KEY-----\nAAAA");
		for (let count = 0; count < 3; count++) expect(await presented(port, "blog.example")).toBe("another");
		expect(lines.filter((line) => line.includes("TLS_KEY_INVALID"))).toHaveLength(1);
		expect(lines.filter((line) => line.includes("read again"))).toHaveLength(2);
		expect(lines.join()).not.toContain("PRIVATE KEY");
		expect(statusesOf(await textOf(open, GET))).toEqual([200]);
	});

	test("that is none is refused with the flag's name", () => {
		const { cert, key } = certificates.authority.issue("good");
		const caught = (files: CertificateFiles) => {
			try {
				new Listener({ ...EMPTY, tls: { pairs: [files], log: NO_LOG } });
			} catch (error) {
				return error instanceof AppError ? [error.code, error.exit, error.message] : error;
			}
			return undefined;
		};
		const named = (flag: string, code: string) => [code, 2, expect.stringContaining(flag)];
		expect(caught({ cert: key, key })).toEqual(named("--gateway-tls-cert", "TLS_CERTIFICATE_INVALID"));
		expect(caught({ cert, key: cert })).toEqual(named("--gateway-tls-key", "TLS_KEY_INVALID"));
		expect(caught({ cert, key: "/nowhere" })).toEqual(named("--gateway-tls-key", "TLS_FILE_UNREADABLE"));
	});
});

const EMPTY: ListenerOptions = {
	...{ timeouts: {}, faults, limits: { max: 1, perPeerMax: 1 } },
	...{ onExchange: () => {}, onRefused: () => {} },
};

describe("the protocol", () => {
	test("is the one that the client offers; without an offer it is HTTP/1.1", async () => {
		await serve();
		const plain = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
		expect(statusesOf(await textOf(plain, GET))).toEqual([200]);
		expect(plain.alpnProtocol).toBe(false);
		const http1 = dialTls(port);
		expect(statusesOf(await textOf(http1, GET))).toEqual([200]);
		using http2 = dialHttp2(port);
		await once(http2, "connect");
		expect([http1.alpnProtocol, http2.alpnProtocol]).toEqual(["http/1.1", "h2"]);
		const unknown = dialTls(port, "spdy/1").on("error", () => undefined);
		clients.push(unknown);
		await closing(unknown);
		const old = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion: "TLSv1.1" });
		clients.push(old.on("error", () => undefined));
		await closing(old);
	});

	test("a client that speaks no TLS is disconnected, and others are served", async () => {
		await serve();
		const socket = await silent();
		socket.write(GET);
		await once(socket, "close");
		expect(statusesOf(await textOf(dialTls(port), GET))).toEqual([200]);
	});
});

describe("a connection without a handshake", () => {
	test("counts: beyond the limit, the one that has waited longest makes room", async () => {
		await serve({ limits: { max: 3, perPeerMax: 3 } });
		const waiting = [await silent(), await silent(), await silent()];
		const [oldest] = waiting;
		const closed = once(oldest as Socket, "close");
		expect(statusesOf(await textOf(dialTls(port), GET))).toEqual([200]);
		await closed;
		expect(refused).toEqual(["connections"]);
		expect(waiting.map(({ closed: isClosed }) => isClosed)).toEqual([true, false, false]);
	});

	test("is refused while all others are busy", async () => {
		let isBusy = false;
		const onExchange = () => {
			isBusy = true;
		};
		await serve({ limits: { max: 1, perPeerMax: 1 }, onExchange });
		const busy = dialTls(port).on("error", () => undefined);
		clients.push(busy);
		busy.write(GET);
		await vi.waitFor(() => expect(isBusy).toBe(true));
		await once(await silent(), "close");
		expect(refused).toEqual(["connections"]);
	});

	test("is closed at the time limit of a head, and at once when the listener closes", async () => {
		await serve({ timeouts: { headTimeoutMs: 100 } });
		await once(await silent(), "close");
		await listener?.close(0);
		await serve();
		const socket = await silent();
		const secured = dialTls(port);
		clients.push(secured);
		await once(secured, "secureConnect");
		await listener?.close(3_600_000);
		await vi.waitFor(() => expect([socket.closed, secured.closed]).toEqual([true, true]));
	});
});
