/**
 * Sends one change and takes in the answer: accepted, with what others appended just before it; or overtaken, with
 * what has to be merged first.
 */
import { AppError, EXIT } from "../errors.ts";
import { type Change, type Head, type LogEntry, nextHead } from "../protocol/change.ts";
import { type ChangeEvent, decode, type RedeployResult, staleSchema } from "../protocol/messages.ts";
import type { LinkTarget } from "./link-target.ts";
import { followLog } from "./log.ts";

/** Log entries, followed from a known head, and the head that they reach. */
export interface News {
	readonly entries: readonly LogEntry[];
	readonly reached: Head;
}

export type SendResult =
	| {
			readonly accepted: true;
			readonly redeployed: readonly RedeployResult[];
			readonly untouched: readonly string[];
	  }
	| { readonly accepted: false; readonly news: News };

export interface SendHooks {
	/** Called once the change is in the log, before its redeploys: `news` ends with the change itself. */
	onAccepted(news: News): Promise<void>;
	onRedeploy?: ((result: RedeployResult) => void) | undefined;
}

function answerCut(): AppError {
	return new AppError({
		code: "PLATFORM_ANSWER_CUT",
		message: "The platform's answer ended before it said whether the change was accepted and applied.",
		hint: "Run 'coffer sync' again: what arrived is not done twice.",
		exit: EXIT.network,
	});
}

/** The newer entries that a refusal brings; any other error is thrown on. */
async function newsOf(error: unknown, change: Change, target: LinkTarget): Promise<SendResult> {
	if (!(error instanceof AppError) || error.code !== "CHANGE_STALE") throw error;
	const stale = decode(staleSchema, error.data, "The platform's log", EXIT.network);
	const entries = [...stale.entries];
	for (let last = entries.at(-1); last && last.revision < stale.revision; last = entries.at(-1)) {
		const page = await target.remote.readChanges(target.binding.app, last.revision);
		if (page.entries.length === 0) throw answerCut();
		entries.push(...page.entries.filter((entry) => entry.revision <= stale.revision));
	}
	return { accepted: false, news: { entries, reached: followLog(change.base, entries, stale) } };
}

/** What an acceptance says of the log, followed from the head that the change was built on. */
function acceptedNews(change: Change, accepted: Extract<ChangeEvent, { type: "accepted" }>): News {
	const before = followLog(change.base, accepted.since, accepted.since.at(-1) ?? change.base);
	const entries = [...accepted.since, { ...nextHead(before, change), change }];
	return { entries, reached: followLog(change.base, entries, accepted) };
}

/**
 * Sends a change and waits for the redeploys that it causes.
 * @throws AppError exit 6 where the platform is out of reach or its answer is cut, exit 7 where its log does not hold
 */
export async function sendChange(target: LinkTarget, change: Change, hooks: SendHooks): Promise<SendResult> {
	const redeployed: RedeployResult[] = [];
	let untouched: readonly string[] | undefined;
	let accepted = false;
	try {
		for await (const event of target.remote.appendChange(target.binding.app, change)) {
			if (event.type === "accepted") {
				accepted = true;
				await hooks.onAccepted(acceptedNews(change, event));
			} else if (event.type === "redeployed") {
				redeployed.push(event.result);
				hooks.onRedeploy?.(event.result);
			} else untouched = event.untouched;
		}
	} catch (error) {
		if (accepted) throw error;
		return await newsOf(error, change, target);
	}
	if (!accepted || untouched === undefined) throw answerCut();
	return { accepted: true, redeployed, untouched };
}
