/** A platform whose gateway has certificates: HTTP/2 and WebSockets through redeploys, renewal, and its next process. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { Agent, WebSocket } from "undici";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { NO_LOG } from "../../../src/platform/faults/log.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import type { CertificateFiles } from "../../stories/support/network/authority.ts";
import { statusesOf } from "../fixtures/client.ts";
import { APP, Story } from "../fixtures/platform-story.ts";
import { dialHttp2, presented, useCertificates } from "../gateway/fixtures/secure.ts";

const FILES = {
	"functions/pay/index.ts": `Deno.serve((request) => {
		const { pathname } = new URL(request.url);
		if (pathname !== "/socket") return new Response(Deno.env.get("PAY_KEY"));
		const { socket, response } = Deno.upgradeWebSocket(request);
		socket.onmessage = ({ data }) => socket.send("echo " + data);
		return response;
	});`,
};

const certificates = useCertificates();

describe.each([
	["gateways in processes of their own", 2],
	["one process", 0],
])("with %s", (_, gateways) => {
	let story: Story;
	let files: CertificateFiles;
	let port = 0;
	let version = 0;
	const change = (value: string) => story.send("PAY_KEY", ++version, value);
	const place = (from: CertificateFiles) => {
		copyFileSync(from.cert, files.cert);
		copyFileSync(from.key, files.key);
	};
	beforeAll(async () => {
		const { folder } = certificates.authority;
		files = { cert: join(folder, `live-${gateways}.pem`), key: join(folder, `live-${gateways}.key`) };
		place(certificates.authority.issue("first"));
		story = new Story(gateways);
		await story.start(NO_LOG, { gatewayTls: [files] });
		port = Number(new URL(story.platform.listenUrl).port);
		await change("v1");
		expect(statusesOf(await story.client.deploy(APP, FILES))).toEqual({ pay: "deployed" });
	});
	afterAll(() => story[Symbol.asyncDispose]());

	const body = async (
		session: ReturnType<typeof dialHttp2>,
		path = `/${APP}/pay`,
		authority = "localhost",
	) => {
		const stream = session.request({ ":path": path, ":authority": authority });
		return Buffer.concat(await stream.toArray()).toString();
	};

	test("its address is of https, also for the functions, and requests are counted and logged", async () => {
		using session = dialHttp2(port);
		expect(story.platform.listenUrl).toBe(`https://127.0.0.1:${port}`);
		expect((await story.client.showApp(APP)).url).toBe(`https://127.0.0.1:${port}/shop/`);
		expect(await body(session)).toBe("v1");
		await vi.waitFor(async () => {
			const [request] = (await story.client.requests(APP, "pay")).slice(-1);
			expect(request).toMatchObject({ path: "/shop/pay", status: 200, bytes: 2, protocol: "HTTP/2" });
			expect(await story.client.metrics()).toMatch(/coffer_requests_total\{[^}]*status="2xx"\} [1-9]/);
		});
	});

	test("while secrets change under load, no stream fails and none sees an old value afterwards", async () => {
		using session = dialHttp2(port);
		const failures: unknown[] = [];
		let isOver = false;
		const load = async () => {
			while (!isOver) await body(session).catch((error: unknown) => failures.push(error));
		};
		const loads = [load(), load(), load(), load()];
		for (const value of ["v2", "v3", "v4"]) {
			await change(value);
			expect(await Promise.all([1, 2, 3].map(() => body(session)))).toEqual(Array(3).fill(value));
		}
		isOver = true;
		await Promise.all(loads);
		expect(failures).toEqual([]);
	});

	test("a host of an app is reached over HTTP/2", async () => {
		await change("behind-a-host");
		using session = dialHttp2(port);
		await story.client.call(ROUTES.addHost, { host: "shop.example" }, { app: APP });
		expect(await body(session, "/pay/x", `shop.example:${port}`)).toBe("behind-a-host");
		await story.client.call(ROUTES.removeHost, { host: "shop.example" });
	});

	test("a WebSocket over TLS", async () => {
		const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
		const socket = new WebSocket(`wss://127.0.0.1:${port}/${APP}/pay/socket`, { dispatcher });
		const next = () =>
			new Promise((resolve) =>
				socket.addEventListener("message", ({ data }) => resolve(data), { once: true }),
			);
		await new Promise((resolve) => socket.addEventListener("open", resolve));
		const answers = [];
		for (const text of ["one", "two"]) {
			const answered = next();
			socket.send(text);
			answers.push(await answered);
		}
		expect(answers).toEqual(["echo one", "echo two"]);
		const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
		socket.close();
		await closed;
		await dispatcher.close();
	});

	test("a renewed certificate is for new connections, and open ones go on", async () => {
		await change("v9");
		using session = dialHttp2(port);
		expect([await body(session), await presented(port)]).toEqual(["v9", "first"]);
		place(certificates.authority.issue("renewed"));
		await vi.waitFor(async () => expect(await presented(port)).toBe("renewed"));
		expect(await body(session)).toBe("v9");
	});
});

test("a certificate that cannot be read ends the start, with the flag's name", async () => {
	const [pair] = certificates.tls.pairs;
	for (const gateways of [0, 1]) {
		await using story = new Story(gateways);
		const gatewayTls = [{ cert: pair?.cert ?? "", key: "/nowhere" }];
		await expect(story.start(NO_LOG, { gatewayTls })).rejects.toMatchObject({
			code: "TLS_FILE_UNREADABLE",
			exit: 2,
			message: expect.stringContaining("--gateway-tls-key"),
		});
	}
});

test("the next platform takes over a gateway, unless it has other certificates or cannot read them", async () => {
	await using story = new Story(1);
	await story.start(NO_LOG, { gatewayTls: certificates.tls.pairs });
	const before = await story.processes("gateway.cjs");
	const url = await story.handOver();
	const unreadable = { cert: certificates.authority.issue("unreadable").cert, key: "/nowhere" };
	for (const wrong of [{ gatewayTls: [unreadable] }, { tls: unreadable }]) {
		const started = story.start(NO_LOG, { gatewayTls: certificates.tls.pairs, ...wrong });
		await expect(started).rejects.toMatchObject({ code: "TLS_FILE_UNREADABLE" });
	}
	await story.start(NO_LOG, { gatewayTls: certificates.tls.pairs });
	expect([story.platform.listenUrl, await story.processes("gateway.cjs")]).toEqual([url, before]);
	await story.handOver();
	await story.start(NO_LOG, { gatewayTls: [certificates.authority.issue("other")] });
	expect(await story.processes("gateway.cjs")).not.toEqual(before);
	expect(await presented(Number(new URL(story.platform.listenUrl).port))).toBe("other");
});
