/** A project that is linked to a platform in this process, over real sockets. */
import { readdir, readFile, readlink } from "node:fs/promises";
import type { PlatformConfig } from "../../src/platform/configuration/config.ts";
import { stopLeft } from "../../src/platform/data-plane/client/connection.ts";
import { errorFile } from "../../src/platform/data-plane/client/socket-files.ts";
import { type Log, NO_LOG } from "../../src/platform/faults/log.ts";
import { type Platform, startPlatform } from "../../src/platform/server.ts";
import type { ChangeEvent } from "../../src/protocol/messages.ts";
import { ROUTES } from "../../src/protocol/routes.ts";
import { TestClient } from "./client-fixture.ts";
import { type TestPlace, testPlace } from "./core-fixture.ts";
import { newTestIdentity, TestVault } from "./vault-fixture.ts";

export const APP = "shop";

/** A linked project on a platform that can be stopped and started. */
export class Story implements AsyncDisposable {
	readonly #place: TestPlace;
	readonly #identity = newTestIdentity();
	readonly #vault = new TestVault().add(this.#identity, "reader", "platform");
	#platform: Platform | undefined;
	#client: TestClient | undefined;
	#token = "";
	#isLinked = false;

	/** @param gateways the number of gateway processes; 0: the platform's own process serves requests */
	constructor(gateways = 0) {
		this.#place = testPlace(gateways);
	}

	/** The data directory. */
	get data(): string {
		return this.#place.config.dataDirectory;
	}

	get platform(): Platform {
		if (this.#platform === undefined) throw new Error("The platform is not running.");
		return this.#platform;
	}

	get client(): TestClient {
		if (this.#client === undefined) throw new Error("The platform is not running.");
		return this.#client;
	}

	/** @param changes other options than those of the place @param signal ends the start */
	async start(log: Log = NO_LOG, changes: Partial<PlatformConfig> = {}, signal?: AbortSignal): Promise<void> {
		const { gatewayTls } = changes;
		const { dataPlane, ...given } = { ...this.#place.config, ...changes };
		const secured = dataPlane && { ...dataPlane, ...(gatewayTls && { tls: gatewayTls }) };
		const config = { ...given, dataPlane: secured };
		const platform = await startPlatform(config, { identity: this.#identity, log, signal });
		this.#platform = platform;
		this.#token ||= platform.firstToken ?? "";
		this.#client = new TestClient((path, init) => fetch(platform.controlUrl + path, init), this.#token);
	}

	/** @param value undefined deletes the secret */
	async send(name: string, version: number, value: string | undefined): Promise<ChangeEvent[]> {
		const { revision, head } = this.#isLinked
			? await this.client.showApp(APP)
			: await this.client.createApp(APP, this.#vault);
		const content = this.#isLinked ? {} : { header: this.#vault.header };
		this.#isLinked = true;
		const records = [this.#vault.record(name, version, value)];
		return await this.client.send(APP, this.#vault.change(APP, { revision, head }, records, content));
	}

	/** Sends a request for a secret, signed by the vault's writer or unsigned. */
	async ask(name: string, by?: string, reason = "The checkout function needs it"): Promise<void> {
		const text = this.#vault.request(name, reason, by);
		await this.client.call(ROUTES.sendSecretRequests, { app: APP }, { entries: [text] });
	}

	async body(name: string): Promise<string> {
		const response = await fetch(`${this.platform.listenUrl}/${APP}/${name}`);
		if (!response.ok) throw new Error(`${response.status}`);
		return await response.text();
	}

	async pids(): Promise<Record<string, number | null>> {
		return Object.fromEntries((await this.client.functions(APP)).map(({ name, pid }) => [name, pid]));
	}

	/** Closes the platform and leaves its functions and gateways running. @returns the base URL of the gateways */
	async handOver(): Promise<string> {
		const { handOver, listenUrl } = this.platform;
		this.#platform = undefined;
		await handOver();
		return listenUrl;
	}

	/** The process ids of the data plane, or of its gateways. Both have the data plane's file for errors. */
	async processes(program: "data-plane.cjs" | "gateway.cjs"): Promise<number[]> {
		const found = (await readdir("/proc")).map(async (pid) => {
			const stderr = await readlink(`/proc/${pid}/fd/2`).catch(() => "");
			const command = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
			return stderr === errorFile(this.data) && command.includes(program) ? [Number(pid)] : [];
		});
		return (await Promise.all(found)).flat();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#platform?.close();
		await stopLeft(this.data);
		this.#place[Symbol.dispose]();
	}
}
