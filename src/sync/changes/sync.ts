/**
 * Syncs one environment with its platform: sends the pending records as signed changes, and takes the entries that
 * others appended. Usually this takes one round trip.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import type { PlatformMemory } from "../../project/memory/device-state.ts";
import { openEnvironment } from "../../project/session/open-session.ts";
import type { SessionContext, VaultSession } from "../../project/session/session.ts";
import { pendingNames } from "../../project/session/sync-state.ts";
import { type Change, emptyHead, makeChange } from "../../protocol/change.ts";
import { formatRecord, type SealedRecord } from "../../vault/records/record.ts";
import { explainFork, type LinkTarget, logContextOf } from "../client/link-target.ts";
import { type NewEntries, readLog, readWholeLog } from "../log/read-log.ts";
import { memoryOf } from "../log/sync-memory.ts";
import { sendChange } from "./append.ts";
import { firstBatch } from "./batch.ts";
import { type Integration, integrate } from "./integrate.ts";
import type { SideChooser } from "./merge-with-log.ts";
import { type AcceptedChange, Outcome, type SyncOptions, type SyncOutcome } from "./outcome.ts";
import { type Outgoing, outgoing } from "./outgoing.ts";

/** The most attempts to merge and send a change after others appended first. */
const ATTEMPTS = 10;

export type { AcceptedChange, SyncOptions, SyncOutcome };

function conflict(
	names: readonly string[],
	outcome: Outcome,
	{ environment, revision }: { environment: string; revision: number },
): AppError {
	return new AppError({
		code: "SYNC_CONFLICT",
		message: `Changed both here and on the platform, to different values: ${names.join(", ")}.`,
		hint: `Nothing was lost. Decide: ${inEnvironment(`coffer sync --take local ${names.join(" ")}`, environment)} (or --take platform).`,
		exit: EXIT.conflict,
		names,
		data: { ...outcome.done(revision, []), pending: names },
	});
}

function changeOf(
	session: VaultSession,
	target: LinkTarget,
	memory: PlatformMemory,
	out: Outgoing,
): { change: Change; batch: SealedRecord[] } {
	const { place, verified, context } = session;
	const batch = firstBatch(out.records);
	for (const record of batch) session.trust(record);
	const header = out.sendHeader
		? {
				vault: session.vaultLinks.map((link) => link.text),
				environment: verified.section.links.map((link) => link.text),
			}
		: null;
	const base = { revision: memory.revision, head: memory.head };
	const logContext = logContextOf(target.binding, place.vaultId, place.environment);
	return {
		batch,
		change: makeChange(logContext, base, { header, records: batch.map(formatRecord) }, context.identity),
	};
}

/** One running sync. */
class Run {
	readonly outcome = new Outcome();
	/** Whether the platform's changes were taken, and whether the whole log was read. */
	pulled = false;
	pulledWhole = false;
	readonly #context: SessionContext;
	readonly #target: LinkTarget;
	readonly #options: SyncOptions;
	readonly #take: SideChooser;

	constructor(context: SessionContext, target: LinkTarget, options: SyncOptions) {
		this.#context = context;
		this.#target = target;
		this.#options = options;
		this.#take = options.take ?? (() => undefined);
	}

	/**
	 * Takes the entries that others appended.
	 * @param whole reads the whole log, because decisions may need any of its records
	 * @returns false if another process on this machine has taken more in the meantime
	 */
	async pull(session: VaultSession, memory: PlatformMemory, whole: boolean): Promise<boolean> {
		const target = this.#target;
		const start = emptyHead(logContextOf(target.binding, session.place.vaultId, session.place.environment));
		const news = await (whole ? readWholeLog(target, start, memory) : readLog(target, memory));
		const integration = await this.#integrate(news);
		this.pulledWhole = whole && !integration.isOvertaken;
		if (integration.isOvertaken) return false;
		this.pulled = true;
		await this.#note(integration, memory.revision);
		return true;
	}

	/**
	 * Opens the environment. If this identity is not a member according to the file, it may be one according to the log:
	 * the file is then updated from the log first.
	 */
	async open(): Promise<VaultSession> {
		const context = this.#context;
		try {
			return await openEnvironment(context);
		} catch (error) {
			if (!(error instanceof AppError) || error.code !== "NOT_A_MEMBER") throw error;
			const { vaultId } = (await loadVault(context.root)).document;
			const start = emptyHead(logContextOf(this.#target.binding, vaultId, context.environment));
			await this.#integrate(await readLog(this.#target, start));
			return openEnvironment(context);
		}
	}

	/** Whether the user's decisions were not applied yet. */
	get mustDecide(): boolean {
		return this.#options.take !== undefined && !this.pulled;
	}

	/** Sends one change. @returns false if others appended first (their changes are merged then), or as `pull` */
	async push(session: VaultSession, memory: PlatformMemory, out: Outgoing): Promise<boolean> {
		const { change, batch } = changeOf(session, this.#target, memory, out);
		const isAll = batch.length === out.records.length;
		let integration: Integration | undefined;
		const onAccepted = async (news: NewEntries, concerned: readonly string[]) => {
			integration = await this.#integrate(news);
			this.#options.onAccepted?.({ revision: news.reached.revision, isAll, concerned });
		};
		const result = await sendChange(this.#target, change, {
			onAccepted,
			onRedeploy: this.#options.onRedeploy,
			onNode: this.#options.onNode,
		});
		if (!result.accepted) {
			await this.#note(await this.#integrate(result.news), memory.revision);
			return false;
		}
		this.pulled ||= result.isNewest;
		if (!result.isRepeat) for (const record of batch) this.outcome.sent.add(record.name);
		for (const redeploy of result.redeployed) this.outcome.redeployed.set(redeploy.function, redeploy);
		this.outcome.untouched = result.untouched;
		if (integration) await this.#note(integration, memory.revision);
		if (integration?.isOvertaken) this.pulledWhole = false;
		return !integration?.isOvertaken;
	}

	#integrate(news: NewEntries): Promise<Integration> {
		return integrate(this.#context, this.#target, news, this.#take);
	}

	async #note({ conflicts, rolledBack, taken }: Integration, revision: number): Promise<void> {
		for (const name of taken) this.outcome.taken.add(name);
		this.outcome.rolledBack = rolledBack;
		if (conflicts.length === 0) return;
		const open = await this.#open(conflicts);
		if (open.length > 0)
			throw conflict(open, this.outcome, { environment: this.#context.environment, revision });
	}

	/**
	 * The conflicts that are still undecided: a redeploy may take a while, and another process here may have
	 * synced.
	 */
	async #open(conflicts: readonly string[]): Promise<string[]> {
		const session = await openEnvironment(this.#context);
		const pending = new Set(pendingNames(session.snapshot, memoryOf(session, this.#target)));
		return conflicts.filter((name) => pending.has(name));
	}
}

/** Syncs until nothing is pending on either side. @throws AppError as `syncEnvironment` */
async function syncUntilDone(
	context: SessionContext,
	target: LinkTarget,
	options: SyncOptions,
): Promise<SyncOutcome> {
	const run = new Run(context, target, options);
	let warnings: readonly string[] = [];
	for (let overtaken = 0; overtaken < ATTEMPTS; ) {
		const session = await run.open();
		if (warnings.length === 0) warnings = session.warnings;
		const memory = memoryOf(session, target);
		const out = outgoing(session, memory);
		run.outcome.rolledBack = out.rolledBack;
		const nothingToSend = out.records.length === 0 && !out.sendHeader;
		if (nothingToSend && run.pulled) return run.outcome.done(memory.revision, warnings);
		// The log was never read (after a link or in a fresh clone), so it may already have the records that would be sent.
		const unknown = memory.revision === 0 && !run.pulled;
		const whole = run.mustDecide || (out.isUnsure && !run.pulledWhole);
		const mustPull = nothingToSend || unknown || whole;
		const isDone = mustPull ? await run.pull(session, memory, whole) : await run.push(session, memory, out);
		if (!isDone) overtaken++;
	}
	throw new AppError({
		code: "SYNC_CONTENDED",
		message: `Others changed the same secrets first, ${ATTEMPTS} times in a row.`,
		hint: `Nothing was lost. Run '${inEnvironment("coffer sync", context.environment)}' again.`,
		exit: EXIT.conflict,
	});
}

/**
 * Syncs until nothing is pending on either side.
 * @throws AppError `SYNC_CONFLICT` (exit 5) that lists the names that both sides changed, with the outcome so far as
 *   `data`; `SYNC_CONTENDED` (exit 5) if others appended first every time; exit 6 if the platform cannot be reached;
 *   exit 7 if its log or records are invalid
 */
export async function syncEnvironment(
	context: SessionContext,
	target: LinkTarget,
	options: SyncOptions = {},
): Promise<SyncOutcome> {
	try {
		return await syncUntilDone(context, target, options);
	} catch (error) {
		throw explainFork(error, target, context.environment);
	}
}
