/** Requests through a proxy, which another machine runs and which may be hostile. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { setProxy } from "../../src/http/proxy-settings.ts";
import { sendRequest } from "../../src/http/request.ts";
import { requestFault } from "../../src/http/request-fault.ts";
import { Authority } from "../stories/support/network/authority.ts";
import { ConnectProxy } from "./connect-proxy.ts";

let files: { cert: Buffer; key: Buffer };
beforeAll(() => {
	using authority = new Authority();
	const { cert, key } = authority.issue("host", "DNS:shop.test,DNS:localhost");
	files = { cert: readFileSync(cert), key: readFileSync(key) };
});

let proxy: ConnectProxy;
let server: Server;
let answered: number;
beforeEach(async () => {
	proxy = await ConnectProxy.open();
	answered = 0;
	server = createServer(files, (_, response) => response.end(String(++answered)));
	await once(server.listen(0, "127.0.0.1"), "listening");
});
afterEach(() => {
	setProxy(undefined);
	proxy.close();
	server.closeAllConnections();
	server.close();
});

const port = () => (server.address() as AddressInfo).port;
const through = (address: string, exceptions = "") =>
	setProxy({ address, variable: "HTTPS_PROXY", exceptions });
const request = { method: "GET", headers: { authorization: "Bearer the-token" } };

/** Why a request to a host gets no answer. */
async function fault(host: string, signal = new AbortController().signal) {
	return await sendRequest(new URL(`https://${host}`), { ...request, signal }).then(
		({ status }) => `status ${status}`,
		(error: unknown) => {
			const { code, kind } = requestFault(error);
			return `${kind}${code}`;
		},
	);
}

describe("a request by https", () => {
	test("asks the proxy for a tunnel to the host, in which TLS checks the host's certificate", async () => {
		through(proxy.host);
		expect(await fault(`shop.test:${port()}`)).toMatch(/^certificate \(/);
		expect(proxy.targets).toEqual([`shop.test:${port()}`]);
		expect(proxy.sent).not.toContain("the-token");
		expect(answered).toBe(0);
	});

	test("sends the proxy the credentials in its address, decoded", async () => {
		through(`http://us%20er:p%40ss@${proxy.host}/`);
		await fault(`shop.test:${port()}`);
		expect(proxy.credentials).toEqual([`Basic ${Buffer.from("us er:p@ss").toString("base64")}`]);
	});

	test("needs credentials that can be decoded", async () => {
		through(`http://us%er:hidden-word@${proxy.host}/`);
		expect(await fault("shop.test")).toBe(
			"unreachable through a proxy: the credentials in HTTPS_PROXY have a % that encodes nothing",
		);
	});

	test.each([
		["this machine", "localhost", ""],
		["a host of NO_PROXY", "shop.test", "shop.test"],
	])("goes directly to %s", async (_, host, exceptions) => {
		through(proxy.host, exceptions);
		expect(await fault(`${host}:${port()}`)).toMatch(/^(certificate|unreachable \((ENOTFOUND|EAI_AGAIN)\))/);
		expect(proxy.targets).toEqual([]);
	});

	test("by http goes directly, since it is for this machine alone", async () => {
		through(proxy.host);
		const url = new URL(`http://127.0.0.1:${port()}`);
		await sendRequest(url, { ...request, signal: new AbortController().signal }).catch(() => undefined);
		expect(proxy.targets).toEqual([]);
	});
});

describe("a proxy that opens no tunnel is named in the error, without its credentials:", () => {
	test.each([407, 403, 502, 302, 201])(
		"it answers with status %i, which is not the host's answer",
		async (status) => {
			proxy.refusal = status;
			through(`http://user:hidden-word@${proxy.host}`);
			expect(await fault("shop.test")).toBe(
				`unreachable through the proxy ${proxy.host}, which HTTPS_PROXY names (status ${status})`,
			);
		},
	);

	test("nothing listens there", async () => {
		const { host } = proxy;
		proxy.close();
		through(`http://user:hidden-word@${host}`);
		expect(await fault("shop.test")).toBe(
			`unreachable through the proxy ${host}, which HTTPS_PROXY names (ECONNREFUSED)`,
		);
	});

	test("it speaks no TLS, and its address says https", async () => {
		through(`https://${proxy.host}`);
		expect(await fault("shop.test")).toMatch(
			/^unreachable through the proxy 127\.0\.0\.1:\d+, which HTTPS_PROXY names \(/,
		);
	});

	test("it does not answer in time", async () => {
		const silent = createServer(files);
		await once(silent.listen(0, "127.0.0.1"), "listening");
		through(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
		const limit = new AbortController();
		const asked = once(silent, "connection");
		const result = fault("shop.test", limit.signal);
		await asked;
		limit.abort(new DOMException("no answer", "TimeoutError"));
		expect(await result).toBe("timeout");
		silent.closeAllConnections();
		silent.close();
	});

	test.each(["socks5://127.0.0.1:1080", "http://", "http://[::1", "ftp://x"])(
		"its address is %s",
		async (address) => {
			through(address);
			expect(await fault("shop.test")).toBe(
				"unreachable through a proxy: HTTPS_PROXY is not an http:// or https:// address",
			);
		},
	);
});
