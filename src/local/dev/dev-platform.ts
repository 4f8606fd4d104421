/**
 * A platform for one project on this machine: functions are built and run by the platform's own code. It has one app,
 * no control API and no access tokens. Its stored data is removed at the end.
 */
import { join } from "node:path";
import type { App } from "../../platform/apps/app.ts";
import { localEnvironmentName } from "../../platform/apps/local-environment.ts";
import { deleteLocal, localNames, setLocal } from "../../platform/apps/local-secrets.ts";
import { readCoreConfig } from "../../platform/configuration/config.ts";
import type { Log } from "../../platform/faults/log.ts";
import { type FunctionSource, readsOf } from "../../platform/functions/function.ts";
import { bindAddress, httpUrl } from "../../platform/http/bind-address.ts";
import { buildGateway, listenerBudget } from "../../platform/listeners.ts";
import { type LogLine, NO_FUNCTION, type RequestLine } from "../../platform/logs/function-logs.ts";
import { openCore } from "../../platform/open-core.ts";
import { OpenParts } from "../../platform/open-parts.ts";
import type { AppFunctions } from "../../platform/redeploy/reconcile.ts";
import type { Core } from "../../platform/service/core.ts";
import type { CoreIdentity } from "../../platform/service/streams.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import type { RedeployResult } from "../../protocol/messages.ts";
import { type Coverage, coverageOf } from "../../references/plan/coverage.ts";
import type { SecretChange } from "../../references/plan/plan.ts";
import { LiveLogs } from "./live-logs.ts";

export interface DevPlatformOptions {
	/** A private folder that no other process uses. */
	readonly folder: string;
	readonly address: { readonly host: string; readonly port: number };
	/** Seals the secrets in the store. It is made for this run and exists only in memory. */
	readonly identity: CoreIdentity;
	/** Services that functions may reach besides the public internet: `HOST:PORT`. */
	readonly allowNet: readonly string[];
	/** Absolute paths that no build may read, besides the folder. */
	readonly hidden: readonly string[];
	readonly log: Log;
	/** Why the last version of a function failed; undefined if it did not. It is the answer to requests that none serves. */
	readonly failure: (name: string) => string | undefined;
	readonly onLine: (name: string, line: LogLine) => void;
	/** @param name undefined if no function has the requested name */
	readonly onRequest: (name: string | undefined, request: RequestLine) => void;
}

/** The result for one function of a deployment. */
export interface Deployed {
	readonly name: string;
	readonly status: "deployed" | "unchanged" | "failed";
	readonly error?: string | undefined;
}

const APP = "dev";
/** Only the control API reports the version, and there is none. */
const VERSION = "dev";
/** The time limit of requests in flight when the platform closes. */
const GRACE_MS = 2_000;
const IDLE_AFTER_MS = 5 * 60_000;

export class DevPlatform implements AsyncDisposable {
	/** The gateway's URL, without a slash at its end. */
	readonly url: string;
	readonly #core: Core;
	readonly #app: App;
	readonly #functions: AppFunctions;
	readonly #opened: OpenParts;

	private constructor(url: string, core: Core, app: App, opened: OpenParts) {
		this.url = url;
		this.#core = core;
		this.#app = app;
		this.#functions = core.functionsOf(app);
		this.#opened = opened;
	}

	/**
	 * Opens the platform, which then serves requests. It has no function yet.
	 * @throws AppError `ADDRESS_UNAVAILABLE` (exit 6), `DENO_NOT_FOUND`, `PACKAGE_MISSING` (exit 1),
	 *   `ALLOW_NET_INVALID` (exit 2)
	 */
	static async open(options: DevPlatformOptions): Promise<DevPlatform> {
		const opened = new OpenParts();
		try {
			return await openPlatform(options, opened, (...parts) => new DevPlatform(...parts));
		} catch (error) {
			await opened.close(options.log);
			throw error;
		}
	}

	/**
	 * Makes these the secrets of the functions, and restarts the functions that read a changed one.
	 * @param values all secrets
	 * @param onResult called when each function is restarted
	 * @returns the names whose value was changed or removed; sorted
	 */
	async setSecrets(
		values: ReadonlyMap<string, string>,
		onResult: (result: RedeployResult) => void = () => {},
	): Promise<string[]> {
		const by = { id: APP, atMs: this.#core.clock.now() };
		const changes: SecretChange[] = values.size === 0 ? [] : await setLocal(this.#app, values, by);
		for (const name of localNames(this.#app.state).filter((each) => !values.has(each)))
			changes.push(...(await deleteLocal(this.#app, name, by)));
		if (changes.length === 0) return [];
		const { results } = await this.#functions.refresh(changes);
		for (const result of results) onResult(result);
		return changes.map(({ name }) => name).sort();
	}

	/**
	 * Builds and starts functions. If a new version does not build or start, the previous version still serves requests.
	 * @param files the files of all of these functions: path → content
	 * @param onFunction called with the result of each function
	 * @throws AppError exit 2 if the platform would reject the upload
	 */
	async deploy(
		files: ReadonlyMap<string, Uint8Array>,
		functions: readonly FunctionSource[],
		onFunction: (result: Deployed) => void,
	): Promise<void> {
		const owner = this.#app.lifetimeId;
		const hashes = [...files].map(([path, content]) => [path, blobHash(content)] as const);
		await this.#functions.blobs.during(async () => {
			const missing = new Set(
				await this.#core.store.missingBlobs(
					owner,
					hashes.map(([, hash]) => hash),
				),
			);
			const contents = [...files.values()].filter((_, index) => missing.has(hashes[index]?.[1] ?? ""));
			await Promise.all(contents.map((content) => this.#core.store.putBlob(owner, content)));
			const request = { files: hashes, functions, prune: false };
			await this.#core.deployer.deploy(this.#functions, request, onFunction);
		});
	}

	/** Stops functions that the project no longer has. Unknown names are ignored. */
	async remove(names: readonly string[]): Promise<void> {
		const known = names.filter((name) => this.#app.state.functions.has(name));
		if (known.length > 0) await this.#functions.delete(known);
	}

	/** Whether some version of the function serves requests. */
	serves(name: string): boolean {
		const state = this.#functions.findSupervisor(name)?.state;
		return state !== undefined && state !== "failed";
	}

	/** The names that functions read and that are not secrets, with each location. */
	missingSecrets(): Coverage["missing"] {
		const functions = [...this.#app.state.functions].map(([name, { deployment }]) => ({
			...readsOf(deployment),
			name,
		}));
		return coverageOf(functions, new Set(localNames(this.#app.state))).missing;
	}

	/** Accepts no new requests, finishes those in flight, stops the functions and removes the stored data. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.#opened.close(this.#core.log);
	}
}

type Create = (url: string, core: Core, app: App, opened: OpenParts) => DevPlatform;

async function openPlatform(
	{ address, allowNet, failure, folder, identity, log, onLine, onRequest, hidden }: DevPlatformOptions,
	opened: OpenParts,
	create: Create,
): Promise<DevPlatform> {
	let app: App | undefined;
	const nameOf = (lifetime: string) =>
		[...(app?.state.functions ?? [])].find(([, { firstDeployment }]) => firstDeployment === lifetime)?.[0];
	const logs = new LiveLogs(
		(lifetime, line) => onLine(nameOf(lifetime) ?? "", line),
		(lifetime, line) => onRequest(lifetime === NO_FUNCTION ? undefined : nameOf(lifetime), line),
	);
	const config = readCoreConfig({
		...{ allowNet, own: hidden },
		data: folder,
		store: `sqlite:${join(folder, "store")}`,
		version: VERSION,
	});
	const parts = {
		identity,
		log,
		logs,
		onLine: (_app: string, _lifetime: string, line: LogLine, name: string) => onLine(name, line),
	};
	const { core } = await openCore(config, parts, opened, GRACE_MS);
	app = await core.createApp(APP, { vaultId: "", environment: localEnvironmentName(APP) });
	const gateway = buildGateway(core, listenerBudget(config.limits), {
		failure,
		limits: config.limits,
		onlyApp: APP,
	});
	const { port } = await bindAddress("gateway", address, () => gateway.listen(address.port, address.host));
	opened.add(() => gateway.close({ graceMs: GRACE_MS }));
	const endSweep = core.keepIdle(IDLE_AFTER_MS);
	opened.add(async () => endSweep());
	const endGuard = core.faults.guardProcess();
	opened.add(async () => endGuard());
	return create(httpUrl({ host: address.host, port }), core, app, opened);
}
