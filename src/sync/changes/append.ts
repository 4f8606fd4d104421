/**
 * Sends one change and handles the answer. An accepted change comes with the entries that others appended just before
 * it. A change is refused if others appended first; then the answer has the entries to merge.
 */
import { AppError, EXIT } from "../../errors.ts";
import { type Change, nextHead } from "../../protocol/change.ts";
import { type ChangeEvent, decode, type RedeployResult, staleSchema } from "../../protocol/messages.ts";
import { NODE_WAIT_SECONDS, type NodeEvent } from "../../protocol/nodes.ts";
import type { LinkTarget } from "../client/link-target.ts";
import { followLog, forked } from "../log/check-log.ts";
import { type NewEntries, readLog } from "../log/read-log.ts";

type Accepted = Extract<ChangeEvent, { type: "accepted" }>;

export type SendResult =
	| {
			readonly accepted: true;
			readonly redeployed: readonly RedeployResult[];
			readonly untouched: readonly string[];
			/** Whether the log has nothing newer, according to the answer. */
			readonly isNewest: boolean;
			/** Whether the change was in the log already: another process or an earlier attempt had sent it. */
			readonly isRepeat: boolean;
	  }
	| { readonly accepted: false; readonly news: NewEntries };

export interface SendHooks {
	/**
	 * Called when the change is in the log, before its redeploys.
	 * @param news entries that end with the change itself
	 * @param concerned the functions that are redeployed; empty from an earlier platform, which does not report them
	 */
	onAccepted(news: NewEntries, concerned: readonly string[]): Promise<void>;
	onRedeploy?: ((result: RedeployResult) => void) | undefined;
	/** Called when each node of the platform has followed, or not in time. Without it, no node is waited for. */
	onNode?: ((event: NodeEvent) => void) | undefined;
}

function answerCut(): AppError {
	return new AppError({
		code: "PLATFORM_ANSWER_CUT",
		message: "The platform's answer ended before it said whether the change was accepted and applied.",
		hint: "Run 'coffer sync' again: a change that arrived is not applied twice.",
		exit: EXIT.network,
	});
}

/** The newer entries in a refusal. Throws every other error. */
async function newsOf(error: unknown, change: Change, target: LinkTarget): Promise<SendResult> {
	if (!(error instanceof AppError) || error.code !== "CHANGE_STALE") throw error;
	const stale = decode(staleSchema, error.data, "The platform's log", EXIT.network);
	const reached = followLog(change.base, stale.entries, stale.entries.at(-1) ?? stale);
	if (reached.revision >= stale.revision)
		return { accepted: false, news: { entries: stale.entries, reached: followLog(reached, [], stale) } };
	const rest = await readLog(target, reached);
	return {
		accepted: false,
		news: { entries: [...stale.entries, ...rest.entries], reached: rest.reached },
	};
}

/**
 * The entries up to the accepted change. The platform appends each operation once. If another process or device
 * sent it before, from another head, the log has that earlier entry, so the log is read.
 */
async function acceptedNews(target: LinkTarget, change: Change, accepted: Accepted): Promise<NewEntries> {
	const before = followLog(change.base, accepted.since, accepted.since.at(-1) ?? change.base);
	const reached = nextHead(before, change);
	if (reached.revision === accepted.revision && reached.head === accepted.head)
		return { entries: [...accepted.since, { ...reached, change }], reached };
	const news = await readLog(target, change.base);
	const entry = news.entries.find(({ revision }) => revision === accepted.revision);
	if (entry?.head === accepted.head && entry.change.operation === change.operation) return news;
	throw forked(`revision ${accepted.revision} does not contain the change that the platform accepted`);
}

/**
 * Sends a change and waits for the redeploys that it causes.
 * @throws AppError exit 6 if the platform cannot be reached or its answer is cut, exit 7 if its log is invalid
 */
export async function sendChange(target: LinkTarget, change: Change, hooks: SendHooks): Promise<SendResult> {
	const redeployed: RedeployResult[] = [];
	let untouched: readonly string[] | undefined;
	let accepted = false;
	let isRepeat = false;
	try {
		const waitSeconds = hooks.onNode && NODE_WAIT_SECONDS;
		for await (const event of target.remote.appendChange(target.binding.app, change, waitSeconds)) {
			if (event.type === "accepted") {
				accepted = true;
				isRepeat = event.repeat;
				await hooks.onAccepted(await acceptedNews(target, change, event), event.concerned ?? []);
			} else if (event.type === "redeployed") {
				redeployed.push(event.result);
				hooks.onRedeploy?.(event.result);
			} else if (event.type === "node") hooks.onNode?.(event);
			else untouched = event.untouched;
		}
	} catch (error) {
		if (accepted) throw error;
		return await newsOf(error, change, target);
	}
	if (!accepted || untouched === undefined) throw answerCut();
	return { accepted: true, redeployed, untouched, isNewest: !isRepeat, isRepeat };
}
