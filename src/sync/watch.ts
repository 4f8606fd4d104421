/**
 * Keeps a linked project live: a settled change of the vault syncs, changed sources deploy. One thing is done at a
 * time; what changes meanwhile is done next. A platform that is out of reach is tried again, ever more slowly.
 */
import { relative, sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type FSWatcher, watch } from "chokidar";
import { AppError, EXIT } from "../errors.ts";
import { CONFIG_FILE, VAULT_FILE } from "../project/files/project-root.ts";
import type { SessionContext } from "../project/session/session.ts";
import type { LinkTarget } from "./client/link-target.ts";
import type { WatchEvent, Work } from "./watching/events.ts";
import { WorkFailures } from "./watching/failures.ts";
import { WatchedPlatform } from "./watching/watched-platform.ts";

/** How long nothing may change before a change counts as settled: an editor's save is several events. */
const SETTLE_MS = 150;
/** How often the platform is asked for what others changed, when nothing changes here. */
const POLL_MS = 15_000;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 15_000;
/** Files outside `functions/` that decide what a function's imports mean. */
const CONFIGURATION = new Set(["deno.json", "deno.jsonc", "deno.lock", "import_map.json", "package.json"]);
const SOURCE = /\.(?:[cm]?[jt]sx?|json|jsonc)$/;

export type { WatchEvent };

export interface WatchOptions {
	readonly signal: AbortSignal;
	onEvent(event: WatchEvent): void;
}

/** What is done where something changed. */
export interface WatchedTarget {
	/** Where it is, for the first event. */
	readonly url: string;
	/** @returns what is left undone, for somebody to decide */
	sync(): Promise<AppError | undefined>;
	/** Undefined where functions are somebody else's business. @returns in how many milliseconds to look again, if so */
	deploy?(): Promise<number | undefined>;
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

	/** Adds it in a while, unless the signal aborts before. */
	addLater(work: Work, afterMs: number, signal: AbortSignal): void {
		void delay(afterMs, undefined, { signal }).then(
			() => this.add(work),
			() => undefined,
		);
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

class ProjectWatch {
	readonly #target: WatchedTarget;
	readonly #options: WatchOptions;
	readonly #failures = new WorkFailures();

	constructor(target: WatchedTarget, options: WatchOptions) {
		this.#target = target;
		this.#options = options;
	}

	/** @returns in how many milliseconds the work is due again; undefined where it is not by itself */
	async do(work: Work): Promise<number | undefined> {
		let againMs: number | undefined;
		let left: AppError | undefined;
		if (work === "sync") left = await this.#target.sync();
		else againMs = await this.#target.deploy?.();
		if (left) this.tell(work, left);
		else this.#tell(this.#failures.worked(work));
		return againMs;
	}

	/** Tells a failure, once. @returns whether trying again later may help */
	tell(work: Work, error: unknown): boolean {
		if (!(error instanceof AppError)) throw error;
		this.#tell(this.#failures.failed(work, error));
		return error.exit === EXIT.network;
	}

	#tell(event: WatchEvent | undefined): void {
		if (event !== undefined) this.#options.onEvent(event);
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
	const watched = new WatchedPlatform(context, target, (event) => options.onEvent(event));
	return watchTarget(context, watched, options);
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
				const againMs = await project.do(work);
				if (againMs !== undefined) agenda.addLater(work, againMs, signal);
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
