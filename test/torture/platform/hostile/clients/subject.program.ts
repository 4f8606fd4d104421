/**
 * The tested process: a real platform with the function `echo`, and a second gateway with the functions `raw`
 * (`raw-function.ts`) and `cycle`, which gets a new process for each request. A third gateway has TLS, and all three
 * functions. Messages tell the process where to throw.
 */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Identity } from "../../../../../src/identity/identity.ts";
import { readPlatformConfig } from "../../../../../src/platform/configuration/config.ts";
import { limitsOf } from "../../../../../src/platform/configuration/limits.ts";
import { Faults } from "../../../../../src/platform/faults/error-boundary.ts";
import { openLog } from "../../../../../src/platform/faults/log.ts";
import { createGateway, type Gateway } from "../../../../../src/platform/gateway/gateway.ts";
import type { GatewayOptions } from "../../../../../src/platform/gateway/options.ts";
import { builtPath } from "../../../../../src/platform/machine/assets.ts";
import { findDeno } from "../../../../../src/platform/runtime/deno-binary.ts";
import { createDenoRuntime } from "../../../../../src/platform/runtime/open-deno.ts";
import type { Instance } from "../../../../../src/platform/runtime/runtime.ts";
import { startPlatform } from "../../../../../src/platform/server.ts";
import { TestClient } from "../../../../platform/fixtures/client.ts";
import { newTestIdentity, TestVault } from "../../../../platform/fixtures/vault.ts";
import type { CertificateFiles } from "../../../../stories/support/network/authority.ts";
import { openRawFunction } from "./raw-function.ts";

/** The messages to it. It responds to each with its state. */
export type Order = { readonly arm: number } | { readonly look: true; readonly collectsGarbage: boolean };

export interface Report {
	/** Fault points that were passed since the last report. */
	readonly passed: readonly number[];
	/** Whether it has thrown since the last order. */
	readonly hasThrown: boolean;
	/** Exceptions that no error boundary caught, with their origin. */
	readonly uncontained: string[];
	readonly descriptors: number;
	readonly heapBytes: number;
}

export interface Ready {
	readonly gateway: number;
	readonly control: number;
	/** The port of the second gateway. */
	readonly raw: number;
	/** The port of the gateway with TLS. */
	readonly secure: { readonly tls: number };
	readonly token: string;
	/** The JSON of a change that is already in the app's log. */
	readonly change: string;
}

const ECHO = `
	export default async (request) => {
		const url = new URL(request.url);
		const tag = url.searchParams.get("tag") ?? "";
		switch (url.pathname) {
			case "/log": console.log("one", tag); console.error("two", tag); return new Response(tag);
			case "/body": return new Response(request.body);
			case "/slow": await new Promise((resolve) => setTimeout(resolve, 30)); return new Response(tag);
			case "/large": return new Response(tag.padEnd(300_000, "."));
			case "/stream": {
				let left = 3;
				return new Response(new ReadableStream({ async pull(controller) {
					await new Promise((resolve) => setTimeout(resolve, 3));
					if (left-- === 0) controller.close(); else controller.enqueue(new TextEncoder().encode("piece"));
				} }));
			}
			case "/hang": return new Promise(() => {});
			case "/ws": {
				const { socket, response } = Deno.upgradeWebSocket(request);
				socket.onmessage = ({ data }) => socket.send(data);
				return response;
			}
			default: return new Response(tag);
		}
	};`;

const CYCLE = `
	console.log("started");
	export default async () => {
		globalThis.Base44.waitUntil(new Promise((resolve) => setTimeout(resolve, 5)));
		console.error("asked");
		return new Response("cycled");
	};`;

const passed = new Set<number>();
const uncontained: string[] = [];
let armed = -1;
let hasThrown = false;

const globals = globalThis as unknown as { __site(id: number): void; __after<T>(id: number, value: T): T };
globals.__site = (id) => {
	passed.add(id);
	if (id !== armed) return;
	armed = -1;
	hasThrown = true;
	throw new Error(`thrown at place ${id}`);
};
globals.__after = (id, value) => {
	globals.__site(id);
	return value;
};
process.on("uncaughtException", (error: unknown) => {
	uncontained.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
});

/** @returns an accepted change; if it is sent again, the response says that it is a repeat */
async function deployTo(control: string, token: string, identity: Identity): Promise<string> {
	const send = (path: string, init: RequestInit) => fetch(`${control}${path}`, init);
	const client = new TestClient(send, token);
	const vault = new TestVault().add(identity, "reader", "platform");
	const { revision, head } = await client.createApp("shop", vault);
	await client.deploy("shop", { "functions/echo/index.ts": ECHO });
	const change = vault.change("shop", { revision, head }, [vault.record("KEY", 1, "value")], {
		header: vault.header,
	});
	await client.send("shop", change);
	return JSON.stringify(change);
}

/** @returns starts a function without the platform */
async function openRuntime(folder: string, faults: Faults) {
	const runtime = await createDenoRuntime({
		binary: await findDeno(),
		hostPath: builtPath("host/main.js"),
		egressProgram: builtPath("egress.cjs"),
		directory: join(folder, "runtime"),
		faults: faults.function,
		onLine: () => undefined,
	});
	return (name: string, source: string): Promise<Instance> => {
		const code = new TextEncoder().encode(source);
		const environment = new Map([["KEY", "v"]]);
		const launch = { app: "shop", function: name, deployment: "d", code, environment };
		return runtime.start({ ...launch, onRead: () => undefined, onIdle: () => undefined });
	};
}

/** @returns the second gateway, and the one with TLS */
async function openGateways(folder: string, certificate: CertificateFiles): Promise<Gateway[]> {
	const faults = new Faults(openLog());
	const socketPath = join(folder, "raw.sock");
	await openRawFunction(socketPath);
	const nothing = () => undefined;
	const exited = new Promise(nothing);
	const raw = { socketPath, acquire: () => nothing, exited, answered: nothing, timedOut: nothing };
	const start = await openRuntime(folder, faults);
	let before: Instance | undefined;
	// Starts a process for each request, after the end of the one before.
	const cycle = async () => {
		const previous = before;
		before = undefined;
		await previous?.stop();
		before = await start("cycle", CYCLE);
		return before;
	};
	const echo = await start("echo", ECHO);
	const instances = new Map<string, () => Instance | Promise<Instance>>([
		["raw", () => raw as unknown as Instance],
		["cycle", cycle],
		["echo", () => echo],
	]);
	const open = (names: readonly string[], options: Partial<GatewayOptions>) =>
		createGateway({
			functions: (app) => (app === "shop" ? new Set(names) : undefined),
			instance: (_app, name) => instances.get(name)?.(),
			faults: faults.gateway,
			responseTimeoutMs: 1_000,
			maxBodyBytes: 1024 * 1024,
			headTimeoutMs: 5_000,
			// Shorter than the time in which resources must be released: Node leaves a connection of HTTP/2 open after an error.
			requestTimeoutMs: 6_000,
			...options,
		});
	return [
		open(["raw", "cycle"], {}),
		open(["raw", "cycle", "echo"], { tls: { pairs: [certificate], log: openLog() } }),
	];
}

async function main(folder: string, certificate: CertificateFiles): Promise<void> {
	mkdirSync(folder, { recursive: true });
	const config = readPlatformConfig({
		version: "0.0.0-hostile",
		data: join(folder, "data"),
		listen: "127.0.0.1:0",
		control: "127.0.0.1:0",
		allowNet: [],
		hostNames: [],
		behindTlsProxy: false,
		limits: limitsOf({ "spare-processes": 0 }),
	});
	const identity = newTestIdentity();
	const platform = await startPlatform(config, { identity, log: openLog() });
	const token = platform.firstToken ?? "";
	const change = await deployTo(platform.controlUrl, token, identity);
	const gateways = await openGateways(folder, certificate);
	const [raw = 0, secure = 0] = await Promise.all(
		gateways.map(async (gateway) => (await gateway.listen(0, "127.0.0.1")).port),
	);
	const ready: Ready = {
		gateway: Number(new URL(platform.listenUrl).port),
		control: Number(new URL(platform.controlUrl).port),
		raw,
		secure: { tls: secure },
		token,
		change,
	};
	process.on("message", (order: Order) => {
		if ("arm" in order) {
			armed = order.arm;
			hasThrown = false;
		}
		if ("look" in order && order.collectsGarbage) (globalThis as { gc?: () => void }).gc?.();
		const report: Report = {
			passed: [...passed],
			hasThrown,
			uncontained: uncontained.splice(0),
			descriptors: readdirSync("/proc/self/fd").length,
			heapBytes: process.memoryUsage().heapUsed,
		};
		passed.clear();
		process.send?.(report);
	});
	process.send?.(ready);
}

const [, , folder = "", cert = "", key = ""] = process.argv;
void main(folder, { cert, key });
