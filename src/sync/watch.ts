/**
 * Keeps a linked project live: a settled change of the vault syncs, changed sources deploy. One thing is done at a
 * time; what changes meanwhile is done next. A platform that is out of reach is tried again, ever more slowly.
 */
import { relative, sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type FSWatcher, watch } from "chokidar";
import { inEnvironment } from "../environment-hint.ts";
import { AppError, EXIT } from "../errors.ts";
import { CONFIG_FILE, VAULT_FILE } from "../project/root.ts";
import type { SessionContext } from "../project/session.ts";
import type { DeployedFunction, RedeployResult } from "../protocol/messages.ts";
import { deployFunctions } from "./deploy.ts";
import type { LinkTarget } from "./link-target.ts";
import { type SyncOutcome, syncEnvironment } from "./sync.ts";

/** How long nothing may change before a change counts as settled: an editor's save is several events. */
const SETTLE_MS = 150;
/** How often the platform is asked for what others changed, when nothing changes here. */
const POLL_MS = 15_000;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 15_000;
/** Files outside `functions/` that decide what a function's imports mean. */
const CONFIGURATION = new Set(["deno.json", "deno.jsonc", "deno.lock", "import_map.json", "package.json"]);
const SOURCE = /\.(?:[cm]?[jt]sx?|json|jsonc)$/;

export type WatchEvent =
	| { event: "watching"; root: string; environment: string; platform: string }
	| { event: "synced"; revision: number; sent: readonly string[]; taken: readonly string[] }
	| { event: "sent"; app: string; sent: readonly string[]; deleted: readonly string[] }
	| { event: "redeployed"; result: RedeployResult }
	| { event: "function"; result: DeployedFunction }
	| { event: "out-of-reach"; message: string }
	| { event: "failed"; code: string; message: string; hint: string }
	| { event: "stopped" };

export interface WatchOptions {
	readonly signal: AbortSignal;
	onEvent(event: WatchEvent): void;
}

type Work = "sync" | "deploy";

/** What is done where something changed. */
export interface WatchedTarget {
	/** Where it is, for the first event. */
	readonly url: string;
	/** @returns what is left undone, for somebody to decide */
	sync(): Promise<AppError | undefined>;
	/** Undefined where functions are somebody else's business. */
	readonly deploy?: (() => Promise<void>) | undefined;
}

/** Which work a changed path asks for. */
function workFor(root: string, path: string): Work | undefined {
	const parts = relative(root, path).split(sep);
	const [first = ""] = parts;
	if (parts.length === 1 && first === VAULT_FILE) return "sync";
	if (parts.length === 1 && CONFIGURATION.has(first)) return "deploy";
	return SOURCE.test(path) && first !== CONFIG_FILE ? "deploy" : undefined;
}

function isIgnored(root: string, path: string): boolean {
	return relative(root, path)
		.split(sep)
		.some(
			(part) =>
				part === "node_modules" || part === "dist" || (part.startsWith(".") && part !== "." && part !== ".."),
		);
}

/** What is to be done, and a promise that resolves when there is something. */
class Agenda {
	readonly due = new Set<Work>();
	#wake: () => void = () => {};

	add(work: Work): void {
		this.due.add(work);
		this.#wake();
	}

	/** Resolves when something is due, `afterMs` have passed, or the signal aborts. */
	async wait(afterMs: number, signal: AbortSignal): Promise<void> {
		if (this.due.size > 0 || signal.aborted) return;
		const timer = new AbortController();
		const woken = new Promise<void>((resolve) => {
			this.#wake = resolve;
		});
		const either = AbortSignal.any([timer.signal, signal]);
		await Promise.race([woken, delay(afterMs, undefined, { signal: either }).catch(() => undefined)]);
		timer.abort();
	}
}

async function startWatcher(root: string, agenda: Agenda, signal: AbortSignal): Promise<FSWatcher> {
	const watcher = watch(root, {
		ignoreInitial: true,
		ignored: (path) => isIgnored(root, path),
		followSymlinks: false,
	});
	let settle: NodeJS.Timeout | undefined;
	const changed = new Set<Work>();
	watcher.on("all", (_event, path) => {
		const work = workFor(root, path);
		if (work === undefined) return;
		changed.add(work);
		clearTimeout(settle);
		settle = setTimeout(() => {
			for (const each of changed) agenda.add(each);
			changed.clear();
		}, SETTLE_MS);
	});
	signal.addEventListener("abort", () => clearTimeout(settle), { once: true });
	await new Promise<void>((resolve, reject) => {
		watcher.once("ready", resolve);
		watcher.once("error", reject);
	});
	return watcher;
}

/** A platform: synced with, and deployed to. */
function watchedPlatform(
	context: SessionContext,
	target: LinkTarget,
	{ onEvent }: WatchOptions,
): WatchedTarget {
	return {
		url: target.binding.url,
		sync: async () => {
			const onRedeploy = (result: RedeployResult) => onEvent({ event: "redeployed", result });
			const outcome: SyncOutcome = await syncEnvironment(context, target, { onRedeploy });
			const { revision, sent, taken, rolledBack } = outcome;
			if (sent.length > 0 || taken.length > 0) onEvent({ event: "synced", revision, sent, taken });
			if (rolledBack.length === 0) return undefined;
			return new AppError({
				code: "SYNC_ROLLED_BACK",
				message: `Older here than on the platform, or gone here: ${rolledBack.join(", ")}. Left alone.`,
				hint: `Decide: ${inEnvironment("coffer sync --take local|platform", context.environment)}.`,
				exit: EXIT.conflict,
			});
		},
		deploy: async () => {
			const onFunction = (result: DeployedFunction) => {
				if (result.status !== "unchanged") onEvent({ event: "function", result });
			};
			await deployFunctions(context.root, target, { names: [], prune: false, onFunction });
		},
	};
}

class ProjectWatch {
	readonly #target: WatchedTarget;
	readonly #options: WatchOptions;
	/** The last failure of each kind of work that was told, so that it is told once. */
	readonly #told = new Map<Work, string>();

	constructor(target: WatchedTarget, options: WatchOptions) {
		this.#target = target;
		this.#options = options;
	}

	async do(work: Work): Promise<void> {
		const left = await (work === "sync" ? this.#target.sync() : this.#target.deploy?.());
		if (left) this.tell(work, left);
		else this.#told.delete(work);
	}

	/** Tells a failure, once. @returns whether trying again later may help */
	tell(work: Work, error: unknown): boolean {
		if (!(error instanceof AppError)) throw error;
		// A project may have only secrets so far.
		if (error.code === "NO_FUNCTIONS") return false;
		const text = `${error.code} ${error.message}`;
		const again = error.exit === EXIT.network;
		if (text !== this.#told.get(work)) {
			this.#told.set(work, text);
			const { code, message, hint } = error;
			this.#options.onEvent(
				again ? { event: "out-of-reach", message } : { event: "failed", code, message, hint },
			);
		}
		return again;
	}
}

/**
 * Watches until the signal aborts.
 * @throws AppError only for what no later change can mend; everything else is an event
 */
export async function watchProject(
	context: SessionContext,
	target: LinkTarget,
	options: WatchOptions,
): Promise<void> {
	return watchTarget(context, watchedPlatform(context, target, options), options);
}

/** As `watchProject`, for any target. */
export async function watchTarget(
	context: SessionContext,
	target: WatchedTarget,
	options: WatchOptions,
): Promise<void> {
	const { signal, onEvent } = options;
	const agenda = new Agenda();
	const project = new ProjectWatch(target, options);
	const watcher = await startWatcher(context.root, agenda, signal);
	try {
		onEvent({
			event: "watching",
			root: context.root,
			environment: context.environment,
			platform: target.url,
		});
		for (const work of ["sync", "deploy"] as const) agenda.add(work);
		await keepUp(project, agenda, signal);
	} finally {
		// Left open, it would keep the process from ending.
		await watcher.close();
	}
	onEvent({ event: "stopped" });
}

/** Does what is due, one thing at a time, until the signal aborts. */
async function keepUp(project: ProjectWatch, agenda: Agenda, signal: AbortSignal): Promise<void> {
	let retryMs = RETRY_MS_MIN;
	while (!signal.aborted) {
		await agenda.wait(POLL_MS, signal);
		if (signal.aborted) break;
		const due: Work[] = agenda.due.size > 0 ? [...agenda.due] : ["sync"];
		agenda.due.clear();
		for (const work of due) {
			try {
				await project.do(work);
				retryMs = RETRY_MS_MIN;
			} catch (error) {
				if (signal.aborted) break;
				if (!project.tell(work, error)) continue;
				await delay(retryMs, undefined, { signal }).catch(() => undefined);
				retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
				agenda.add(work);
			}
		}
	}
}
