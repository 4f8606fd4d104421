/**
 * Serves a project's functions on this machine with the secrets of an environment. Restarts a function when one of
 * its files changes, or a secret that it reads.
 */
import { AppError } from "../../errors.ts";
import { unlessAborted } from "../../platform/machine/on-abort.ts";
import type { CoreIdentity } from "../../platform/service/streams.ts";
import { type Changes, ProjectWatcher } from "../../project/files/project-watcher.ts";
import { deployedEntry } from "../../project/functions/function-entry.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { liveValues } from "../../project/secrets/read-secrets.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { type DevFolder, makeTemporaryFolder, takeDevFolder } from "./dev-folder.ts";
import { DevPlatform } from "./dev-platform.ts";
import { DevReports } from "./dev-reports.ts";
import { eventLog } from "./event-log.ts";
import type { Cause, OnEvent } from "./events.ts";
import { type ChangedFunction, type Look, ProjectFunctions } from "./project-functions.ts";

export interface DevServerOptions {
	readonly context: SessionContext;
	/** A new identity, which exists only in memory. */
	readonly identity: CoreIdentity;
	readonly address: { readonly host: string; readonly port: number };
	/** Services that functions may reach besides the public internet: `HOST:PORT`. */
	readonly allowNet: readonly string[];
	/** The functions to serve; all if empty. */
	readonly names: readonly string[];
	/** Absolute paths of files that builds may not read. */
	readonly hidden: readonly string[];
	readonly onEvent: OnEvent;
	/** Whether other commands can find the server, so that one runs for each environment. Default: true. */
	readonly isShared?: boolean;
}

/** An editor's save causes several events within some milliseconds. */
const SETTLE_MS = 20;
const NO_CAUSE: Cause = { files: [], secrets: [] };

export class DevServer implements AsyncDisposable {
	readonly #options: DevServerOptions;
	readonly #platform: DevPlatform;
	readonly #folder: DevFolder;
	readonly #functions: ProjectFunctions;
	readonly #reports: DevReports;
	#missing = "[]";
	#isStopping = false;

	private constructor(options: DevServerOptions, platform: DevPlatform, folder: DevFolder) {
		this.#options = options;
		this.#platform = platform;
		this.#folder = folder;
		this.#functions = new ProjectFunctions(options.context.root, options.names);
		// What ends because the server stops is not a failure of a function.
		this.#reports = new DevReports(platform, (event) => {
			if (!this.#isStopping) options.onEvent(event);
		});
	}

	/**
	 * Opens the gateway and the vault. No function is started yet.
	 * @throws AppError `DEV_RUNNING` (exit 5), what `openSession` throws, or what `DevPlatform.open` throws
	 */
	static async open(options: DevServerOptions): Promise<DevServer> {
		const { address, allowNet, context, hidden, identity, onEvent } = options;
		const { values, warnings } = await readValues(context);
		const folder = options.isShared === false ? await makeTemporaryFolder() : await takeDevFolder(context);
		let reports: DevReports | undefined;
		try {
			const platform = await DevPlatform.open({
				...{ address, allowNet, identity, hidden },
				folder: folder.path,
				log: eventLog(onEvent),
				failure: (name) => reports?.failure(name),
				onLine: (name, line) => onEvent({ event: "log", function: name, ...line }),
				onRequest: (name, request) => onEvent({ event: "request", function: name, ...request }),
			});
			await platform.setSecrets(values);
			const server = new DevServer(options, platform, folder);
			reports = server.#reports;
			server.#reports.warn(warnings);
			return server;
		} catch (error) {
			await folder[Symbol.asyncDispose]();
			throw error;
		}
	}

	/** The gateway's URL, without a slash at its end. */
	get url(): string {
		return this.#platform.url;
	}

	/**
	 * Starts all functions, and then lets other commands find this server. If the signal aborts, it does not wait for
	 * functions that have not started; the disposal stops them.
	 * @throws AppError as `ProjectFunctions.first`. Errors of a function are events
	 */
	async start(watches: boolean, signal: AbortSignal): Promise<void> {
		const { environment, root } = this.#options.context;
		const first = await this.#functions.first();
		await unlessAborted(this.#deploy(first, performance.now(), NO_CAUSE), signal);
		if (signal.aborted) return;
		await this.#folder.publish(this.url);
		const { names } = this.#functions;
		this.#options.onEvent({ event: "serving", url: this.url, environment, root, functions: names, watches });
		this.#tellMissing();
	}

	/** Starts all functions, and keeps them up to date until the signal aborts. @throws AppError as `start` */
	async watch(signal: AbortSignal): Promise<void> {
		// The watcher is opened first, so that a change during the start is not missed.
		using watcher = new ProjectWatcher({
			root: this.#options.context.root,
			settleMs: SETTLE_MS,
			alternative: "use --no-watch",
		});
		await this.start(true, signal);
		for (;;) {
			try {
				const changes = await watcher.next(signal);
				if (changes === undefined) return;
				await unlessAborted(this.#apply(changes), signal);
				if (signal.aborted) return;
			} catch (error) {
				if (!(error instanceof AppError)) throw error;
				const { code, hint, message } = error;
				this.#options.onEvent({ event: "unreadable", code, message, hint });
			}
			this.#tellMissing();
		}
	}

	async #apply({ files, sinceMs, vault }: Changes): Promise<void> {
		if (vault) await this.#applySecrets(sinceMs);
		if (files.size === 0) return;
		const look = await this.#functions.again(files);
		for (const name of look.removed) {
			this.#reports.removed(name);
		}
		await this.#platform.remove(look.removed);
		await this.#deploy(look, sinceMs);
	}

	async #applySecrets(sinceMs: number): Promise<void> {
		const { context, onEvent } = this.#options;
		const { values, warnings } = await readValues(context);
		this.#reports.warn(warnings);
		let restarted = 0;
		const secrets = await this.#platform.setSecrets(values, (result) => {
			restarted++;
			this.#reports.redeployed(result, sinceMs);
		});
		if (secrets.length === 0) return;
		// A function that does not start may lack one of these secrets.
		const again = await this.#functions.anew(this.#reports.failed);
		await this.#deploy(again, sinceMs, { files: [], secrets });
		if (restarted === 0 && again.changed.length === 0) onEvent({ event: "unread", secrets });
	}

	/** @param cause by default the files that have changed */
	async #deploy({ changed }: Look, sinceMs: number, cause?: Cause): Promise<void> {
		const { onEvent } = this.#options;
		const files = new Map<string, Uint8Array>();
		const sound: ChangedFunction[] = [];
		for (const one of changed) {
			const { name } = one.entry;
			for (const warning of one.warnings) onEvent({ event: "warning", function: name, ...warning });
			if (one.files instanceof AppError) {
				const { hint, message } = one.files;
				this.#reports.deployed(
					{ name, status: "failed", error: `${message} ${hint}` },
					causeOf(one, cause),
					sinceMs,
				);
				continue;
			}
			sound.push(one);
			for (const [path, content] of one.files) files.set(path, content);
		}
		if (sound.length === 0) return;
		const causes = new Map(sound.map((one) => [one.entry.name, causeOf(one, cause)]));
		const entries = sound.map(({ entry }) => deployedEntry(entry));
		try {
			await this.#platform.deploy(files, entries, (result) =>
				this.#reports.deployed(result, causes.get(result.name) ?? NO_CAUSE, sinceMs),
			);
		} catch (error) {
			// The whole upload was rejected.
			if (!(error instanceof AppError)) throw error;
			for (const [name, each] of causes)
				this.#reports.deployed(
					{ name, status: "failed", error: `${error.message} ${error.hint}` },
					each,
					sinceMs,
				);
		}
	}

	#tellMissing(): void {
		const missing = this.#platform.missingSecrets();
		const text = JSON.stringify(missing);
		if (text !== this.#missing && missing.length > 0)
			this.#options.onEvent({ event: "missing", secrets: missing });
		this.#missing = text;
	}

	/** Stops all functions and removes the stored data. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.#isStopping = true;
		await this.#platform[Symbol.asyncDispose]();
		await this.#folder[Symbol.asyncDispose]();
	}
}

function causeOf({ changed }: ChangedFunction, cause: Cause | undefined): Cause {
	return cause ?? { files: changed, secrets: [] };
}

/** All secrets of the environment, and the warnings about the vault. @throws AppError as `openSession` and `liveValues` */
async function readValues(
	context: SessionContext,
): Promise<{ values: Map<string, string>; warnings: readonly string[] }> {
	const { remember, session } = await readSession(context);
	const values = await liveValues(session);
	await remember();
	return { values, warnings: session.warnings };
}
