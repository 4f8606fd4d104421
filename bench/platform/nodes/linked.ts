/** A project of one function that is linked to a platform, without the command line: changes are sent by this process. */
import { setTimeout } from "node:timers/promises";
import type { Identity } from "../../../src/identity/identity.ts";
import { TestClient } from "../../../test/platform/fixtures/client.ts";
import { TestVault } from "../../../test/platform/fixtures/vault.ts";
import type { RunningPlatform } from "../running-platform.ts";

export const APP = "bench";
export const FUNCTION = "value";
const FILES = {
	[`functions/${FUNCTION}/index.ts`]: 'Deno.serve(() => new Response(Deno.env.get("VALUE")));',
	[`functions/${FUNCTION}/function.jsonc`]: '{ "idleSeconds": "never" }',
};
/** A response comes when all nodes have followed. */
const WAIT = "?wait=30";

export class LinkedApp {
	readonly #vault: TestVault;
	readonly #client: TestClient;
	#version = 0;

	private constructor(platform: Pick<RunningPlatform, "control" | "token">, identity: Identity) {
		this.#vault = new TestVault().add(identity, "reader", "platform");
		this.#client = new TestClient((path, init) => fetch(platform.control + path, init), platform.token);
	}

	/** Creates the app, with one function. @param identity of the platform */
	static async create(
		platform: Pick<RunningPlatform, "control" | "token">,
		identity: Identity,
	): Promise<LinkedApp> {
		const app = new LinkedApp(platform, identity);
		const { head, revision } = await app.#client.createApp(APP, app.#vault);
		const first = app.#vault.record("VALUE", ++app.#version, "first");
		const change = app.#vault.change(APP, { revision, head }, [first], { header: app.#vault.header });
		await app.#client.send(APP, change, WAIT);
		await app.#client.deploy(APP, FILES, false, WAIT);
		return app;
	}

	/** Sets the secret. @returns the time until the platform has answered that all nodes serve the value, in ms */
	async change(value: string): Promise<number> {
		const { head, revision } = await this.#client.showApp(APP);
		const record = this.#vault.record("VALUE", ++this.#version, value);
		const change = this.#vault.change(APP, { revision, head }, [record]);
		const startMs = performance.now();
		const events = await this.#client.send(APP, change, WAIT);
		const elapsedMs = performance.now() - startMs;
		const bad = events.find((event) => event.type === "node" && event.status !== "followed");
		if (bad !== undefined) throw new Error(`a node has not followed: ${JSON.stringify(bad)}`);
		return elapsedMs;
	}
}

/** The URL of the function on a platform. */
export function functionUrl({ listen }: Pick<RunningPlatform, "listen">): string {
	return `${listen}/${APP}/${FUNCTION}`;
}

/** @throws Error if a platform serves another value */
export async function checkServed(
	platforms: readonly Pick<RunningPlatform, "listen">[],
	value: string,
): Promise<void> {
	for (const platform of platforms) {
		const served = await (await fetch(functionUrl(platform))).text();
		if (served !== value) throw new Error(`${platform.listen} serves ${served} in place of ${value}`);
	}
}

/** Waits until a platform takes requests. */
export async function ready({ control }: Pick<RunningPlatform, "control">): Promise<void> {
	for (; ; await setTimeout(50)) {
		const answer = await fetch(`${control}/readyz`).catch(() => undefined);
		if (answer?.ok === true) return;
	}
}
