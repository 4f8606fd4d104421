import { request } from "node:http";
import { afterAll, beforeAll } from "vitest";
import { createApi } from "../../../src/platform/api/api.ts";
import type { AppFunctions } from "../../../src/platform/redeploy/reconcile.ts";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";
import type { RedeployResult } from "../../../src/protocol/messages.ts";
import { TestClient } from "../fixtures/client.ts";
import { openTestCore, type TestCore } from "../fixtures/core.ts";
import { TestVault } from "../fixtures/vault.ts";

/** `useCore` creates these before the tests of a file. */
export let platform: TestCore;
export let client: TestClient;

/**
 * Opens a platform before the tests of the calling file, and closes it after them.
 * @param pingMs the interval of the liveness checks
 * @param spares the number of spare processes
 */
export function useCore({
	processesMax = 100,
	pingMs,
	spares,
}: {
	processesMax?: number;
	pingMs?: number;
	spares?: number;
} = {}): void {
	beforeAll(async () => {
		platform = await openTestCore(undefined, processesMax, pingMs, spares);
		const hosts = { bound: "127.0.0.1", names: [] };
		const api = createApi({ core: platform.core, hosts, listenUrl: "http://127.0.0.1:8080" });
		client = new TestClient(
			(path, init) => api(new Request(`http://127.0.0.1${path}`, init)),
			platform.token,
		);
	});
	afterAll(async () => await platform[Symbol.asyncDispose]());
}

/** A new app for each test. */
export class TestApp {
	readonly id: string;
	readonly vault = new TestVault();
	readonly versions = new Map<string, number>();

	private constructor(id: string) {
		this.id = id;
	}

	static async open(id: string, secrets: Record<string, string>): Promise<TestApp> {
		const app = new TestApp(id);
		app.vault.add(platform.identity, "reader", "platform");
		await client.createApp(id, app.vault);
		await app.set(secrets, true);
		return app;
	}

	get functions(): AppFunctions {
		return platform.core.functionsOf(platform.core.apps.get(this.id));
	}

	get head() {
		return platform.core.apps.get(this.id).state.head;
	}

	/** @param secrets the value undefined deletes a secret */
	async set(secrets: Record<string, string | undefined>, withHeader = false): Promise<RedeployResult[]> {
		const records = Object.entries(secrets).map(([name, value]) => {
			const version = (this.versions.get(name) ?? 0) + 1;
			this.versions.set(name, version);
			return this.vault.record(name, version, value);
		});
		const content = withHeader ? { header: this.vault.header } : {};
		const events = await client.send(this.id, this.vault.change(this.id, this.head, records, content));
		return events.flatMap((event) => (event.type === "redeployed" ? [event.result] : []));
	}

	async deploy(sources: Record<string, string>) {
		const files = Object.entries(sources).map(([name, text]) => [`functions/${name}/index.ts`, text]);
		return await this.deployFiles(Object.fromEntries(files));
	}

	/** @param files path → content */
	async deployFiles(files: Record<string, string>) {
		return await client.deploy(this.id, files);
	}

	async show(name: string) {
		return (await client.functions(this.id)).find((known) => known.name === name);
	}

	async fetch(name: string, path = "/"): Promise<string> {
		const instance = await this.functions.instance(name);
		if (instance === undefined) throw new Error(`${name} does not run`);
		return await get(instance, path);
	}
}

/** A request to an instance, without the gateway. */
export function get(instance: Instance, path: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const outgoing = request(
			{ socketPath: instance.socketPath, path, headers: { host: "function" } },
			(answer) => {
				let body = "";
				answer.setEncoding("utf8");
				answer.on("data", (text: string) => {
					body += text;
				});
				answer.on("end", () => resolve(body));
			},
		);
		outgoing.on("error", reject);
		outgoing.end();
	});
}

/** A function that responds with a secret. */
export const SHOW = (name: string) => `Deno.serve(() => new Response(Deno.env.get("${name}") ?? "none"));`;
