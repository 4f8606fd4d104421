import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Identity } from "../../src/identity/identity.ts";
import { type Builder, openBuilder } from "../../src/platform/build/bundle.ts";
import { type PlatformConfig, readPlatformConfig } from "../../src/platform/configuration/config.ts";
import { NO_LOG } from "../../src/platform/faults/log.ts";
import { KV_FOLDER } from "../../src/platform/kv/kv-files.ts";
import { KvStores } from "../../src/platform/kv/kv-stores.ts";
import { openLogFiles } from "../../src/platform/logs/log-files.ts";
import { builtPath, hostPath } from "../../src/platform/machine/assets.ts";
import type { Clock } from "../../src/platform/machine/clock.ts";
import { findDeno } from "../../src/platform/runtime/deno-binary.ts";
import type { DenoRuntimeOptions, StoreSocket } from "../../src/platform/runtime/deno-options.ts";
import { createDenoRuntime } from "../../src/platform/runtime/open-deno.ts";
import type { Runtime } from "../../src/platform/runtime/runtime.ts";
import { Core } from "../../src/platform/service/core.ts";
import { Deployer, type DeployerOptions } from "../../src/platform/service/deploy.ts";
import { kvDirectory, openStore } from "../../src/platform/store/open.ts";
import { PACKAGE_CACHE } from "../support/package-cache.ts";
import { newTestIdentity } from "./vault-fixture.ts";

export interface TestPlace extends Disposable {
	readonly root: string;
	readonly config: PlatformConfig;
}

/**
 * A temporary folder and the configuration of a platform in it. The package cache is kept between runs.
 * @param gateways the number of gateway processes; 0: the platform's own process serves requests
 */
export function testPlace(gateways = 0): TestPlace {
	const root = mkdtempSync(join(tmpdir(), "coffer-core-"));
	const config = readPlatformConfig(
		{
			version: "0.0.0-test",
			data: join(root, "data"),
			listen: "127.0.0.1:0",
			control: "127.0.0.1:0",
			allowNet: [],
			hostNames: [],
			behindTlsProxy: false,
			gateways,
		},
		{ ...process.env, XDG_CACHE_HOME: PACKAGE_CACHE },
	);
	return { root, config, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** A clock that the test controls. */
export class TestClock implements Clock {
	readonly tasks: { task: () => void; delayMs: number }[] = [];
	atMs = 1_800_000_000_000;
	readonly now = () => this.atMs;
	readonly monotonicMs = () => this.atMs;
	readonly schedule = (task: () => void, delayMs: number) => {
		const entry = { task, delayMs };
		this.tasks.push(entry);
		return () => {
			const index = this.tasks.indexOf(entry);
			if (index !== -1) this.tasks.splice(index, 1);
		};
	};
}

export interface TestCore extends AsyncDisposable {
	readonly core: Core;
	readonly identity: Identity;
	readonly clock: TestClock;
	readonly builder: Builder;
	/** An access token with all rights. */
	readonly token: string;
}

/** The key under which the lines of a deployed function are stored. */
export function logOf({ core }: Pick<TestCore, "core">, app: string, name: string): [string, string] {
	const life = core.apps.get(app).functionLifetime(name);
	if (life === undefined) throw new Error(`There is no function ${app}/${name}.`);
	return [life.app, life.function];
}

function logsOf({ dataDirectory }: PlatformConfig) {
	const onError = (error: unknown) => {
		throw error;
	};
	return openLogFiles({ directory: join(dataDirectory, "logs"), onError });
}

type Deploying = Pick<DeployerOptions, "store" | "builder" | "maxima" | "now">;

function testDeployer(parts: Deploying): Deployer {
	return new Deployer({ ...parts, log: NO_LOG });
}

/** The platform's replacements for modules that functions import. */
async function provided() {
	const [stdHttp, base44] = await Promise.all(
		["std-http.ts", "base44.ts"].map((name) => readFile(hostPath(name), "utf8")),
	);
	return { stdHttp: stdHttp ?? "", builtins: new Map([["base44:runtime", base44 ?? ""]]) };
}

/** A platform without sockets: real store, real builds, real Deno. */
export async function openTestCore(
	identity: Identity = newTestIdentity(),
	processesMax = 100,
	pingMs?: number,
	spares?: number,
): Promise<TestCore> {
	const place = testPlace();
	const opened = await openTestCoreIn(place, { identity, processesMax, pingMs, spares });
	return {
		...opened,
		[Symbol.asyncDispose]: async () => {
			await opened[Symbol.asyncDispose]();
			place[Symbol.dispose]();
		},
	};
}

/** The builders of this worker, by what distinguishes them. Their processes end with the worker. */
const builders = new Map<string, Promise<Builder>>();

/**
 * A builder whose sandbox and processes all platforms of this worker share: their starts take more processor time than
 * the builds. It hides no folder; `build/` tests what a build can read.
 * @returns a copy, so that a test can replace its methods
 */
async function builderOf({ buildDirectory: directory, passthrough }: PlatformConfig, deno: string) {
	const key = JSON.stringify([deno, directory, passthrough]);
	const open = async () =>
		await openBuilder({
			...{ deno, directory, passthrough, hidden: [] },
			// Until the worker ends.
			checkIdleMs: 3_600_000,
			...(await provided()),
		});
	const known = builders.get(key) ?? open();
	builders.set(key, known);
	return { ...(await known) };
}

/** The Deno KV stores of a platform. An error of one fails the test. */
export function kvStoresOf({ dataDirectory, limits, storeUrl }: PlatformConfig): KvStores {
	return new KvStores({
		directory: join(kvDirectory(storeUrl, dataDirectory), KV_FOLDER),
		maxBytes: limits.kvMB * 1024 * 1024,
		program: builtPath("kv.cjs"),
		onError: (message) => {
			throw new Error(message);
		},
	});
}

function runtimeOf(
	{ dataDirectory }: PlatformConfig,
	binary: string,
	onLine: DenoRuntimeOptions["onLine"] & object,
	{ kv, pingMs, spares = 0 }: Pick<CoreParts, "pingMs" | "spares"> & { kv: KvStores },
): Promise<Runtime> {
	const directory = join(dataDirectory, "run");
	const programs = { hostPath: builtPath("host/main.js"), egressProgram: builtPath("egress.cjs") };
	const openStore = (socket: StoreSocket) => kv.listen(socket);
	const options = { ...programs, binary, directory, onLine, openStore, spares };
	return createDenoRuntime(pingMs === undefined ? options : { ...options, pingMs });
}

interface CoreParts {
	/** A token that is already in the store. */
	token?: string;
	identity?: Identity;
	processesMax?: number;
	clock?: TestClock;
	/** The interval of the liveness checks. */
	pingMs?: number | undefined;
	/** The number of spare processes. */
	spares?: number | undefined;
}

/** The same in a folder that is kept, so that it can be opened again. */
export async function openTestCoreIn(
	{ config }: TestPlace,
	{
		identity = newTestIdentity(),
		processesMax = 100,
		clock = new TestClock(),
		pingMs,
		spares,
		token: known,
	}: CoreParts = {},
): Promise<TestCore> {
	const store = await openStore(config.storeUrl);
	const deno = await findDeno(config.deno);
	const logs = logsOf(config);
	const kv = kvStoresOf(config);
	const runtime = await runtimeOf(config, deno, logs.append.bind(logs), { kv, pingMs, spares });
	const builder = await builderOf(config, deno);
	const deployer = testDeployer({ store, builder, maxima: config.limits, now: clock.now });
	const release = async () => {
		await runtime.close();
		await kv.close();
		await logs.close();
		await store[Symbol.asyncDispose]();
	};
	const parts = { store, runtime, kv, logs, deployer, identity };
	const bounds = { version: "0.0.0-test", startsMax: 2, processesMax, log: NO_LOG, clock };
	const core = await Core.open({ ...parts, ...bounds }).catch(async (error: unknown) => {
		await release();
		throw error;
	});
	// If a token is given, none is created, as when a platform starts again.
	const token = known ?? (await core.tokens.create({ scopes: ["admin"] }, clock.now())).token;
	return {
		core,
		identity,
		clock,
		builder,
		token,
		[Symbol.asyncDispose]: async () => {
			await core.close(0);
			await release();
		},
	};
}
