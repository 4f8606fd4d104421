/**
 * The platform of a watched project: syncs, deploys, and deletes functions from the platform that were deleted from the
 * project.
 */
import { isDeepStrictEqual } from "node:util";
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { bindingOf, readConfig } from "../../project/files/config.ts";
import { discoverFunctions } from "../../project/functions/discover.ts";
import { isGitBusy } from "../../project/git/git-busy.ts";
import { liveNames } from "../../project/secrets/live-names.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { DeployedFunction, RedeployResult } from "../../protocol/messages.ts";
import { sendRequests } from "../changes/send-requests.ts";
import { syncEnvironment } from "../changes/sync.ts";
import type { LinkTarget } from "../client/link-target.ts";
import { deployFunctions } from "../deploy/deploy.ts";
import { DeletedFunctions } from "./deleted-functions.ts";
import type { WatchEvent } from "./events.ts";
import { FunctionFailures } from "./failures.ts";
import { WatchedFiles } from "./watched-files.ts";

type OnEvent = (event: WatchEvent) => void;

/** Connects as coffer.json says now, with the token that this device has now. */
export type Connect = () => Promise<LinkTarget>;

export class WatchedPlatform {
	readonly #context: SessionContext;
	readonly #connect: Connect;
	readonly #onEvent: OnEvent;
	#target: LinkTarget;
	#failures = new FunctionFailures();
	readonly #gone = new DeletedFunctions();
	readonly #files = new WatchedFiles();

	private constructor(context: SessionContext, target: LinkTarget, connect: Connect, onEvent: OnEvent) {
		this.#context = context;
		this.#target = target;
		this.#connect = connect;
		this.#onEvent = onEvent;
	}

	/** @throws AppError as `connect` */
	static async connect(
		context: SessionContext,
		connect: Connect,
		onEvent: OnEvent,
	): Promise<WatchedPlatform> {
		return new WatchedPlatform(context, await connect(), connect, onEvent);
	}

	get url(): string {
		return this.#target.binding.url;
	}

	/** Whether a change of this file may change what is deployed. @param path relative to the root, with `/` */
	matters(path: string): boolean {
		return this.#files.matters(path);
	}

	/**
	 * Follows the link: `git pull` or `coffer link` may have changed it since the last task, and without this, secrets and
	 * functions would go on to the earlier app.
	 * @param wasRefused whether the platform refused the token. `coffer link` may have stored another one
	 * @returns whether it is another link, for which everything is due
	 * @throws AppError as `connect`: nothing is sent without a link
	 */
	async follow(wasRefused: boolean): Promise<boolean> {
		const { environment, root } = this.#context;
		const isSame = isDeepStrictEqual(bindingOf(await readConfig(root), environment), this.#target.binding);
		if (isSame && !wasRefused) return false;
		this.#target = await this.#connect();
		if (isSame) return false;
		const { app, url } = this.#target.binding;
		this.#failures = new FunctionFailures();
		this.#onEvent({ event: "relinked", app, platform: url });
		return true;
	}

	/** @returns an error that describes the decision that a person has to make */
	async sync(): Promise<AppError | undefined> {
		const { environment, root } = this.#context;
		const onRedeploy = (result: RedeployResult) => this.#onEvent({ event: "redeployed", result });
		const outcome = await syncEnvironment(this.#context, this.#target, { onRedeploy });
		// What could not be sent is sent with the next sync, a few seconds later.
		await sendRequests(this.#context, this.#target);
		const { revision, sent, taken, rolledBack } = outcome;
		if (sent.length > 0 || taken.length > 0) {
			const live = await liveNames(root, environment);
			const deleted = [...new Set([...sent, ...taken])].filter((name) => !live.has(name)).sort();
			this.#onEvent({ event: "synced", revision, sent, taken, deleted });
		}
		if (rolledBack.length === 0) return undefined;
		return new AppError({
			code: "SYNC_ROLLED_BACK",
			message: `Older here than on the platform, or missing here: ${rolledBack.join(", ")}. They were not changed.`,
			hint: `Decide: ${inEnvironment("coffer sync --take local|platform", environment)}.`,
			exit: EXIT.conflict,
			names: rolledBack,
		});
	}

	/** @returns milliseconds until the next check; undefined if none is needed */
	async deploy(): Promise<number | undefined> {
		const { root } = this.#context;
		const entries = await discoverFunctions(root);
		const found = entries.map(({ name }) => name);
		this.#files.add(entries.map(({ entry }) => entry));
		const { againMs, deleted, missed } = this.#gone.look(found, performance.now(), isGitBusy(root));
		if (missed.length > 0) this.#onEvent({ event: "missing", functions: missed });
		if (deleted.length > 0) await this.#delete(deleted);
		// The project may have only secrets so far.
		if (found.length === 0) return againMs;
		await deployFunctions(root, this.#target, {
			names: [],
			prune: false,
			onFunction: (result: DeployedFunction) => this.#tell(this.#failures.done(result)),
			onSources: (name, sources) => {
				this.#files.add(sources.keys());
				this.#failures.note(name, sources);
			},
		});
		return againMs;
	}

	/** Deletes functions from the platform, if they are there. */
	async #delete(names: readonly string[]): Promise<void> {
		const { binding, remote } = this.#target;
		const { functions } = await remote.listFunctions(binding.app);
		const present = functions.map(({ name }) => name).filter((name) => names.includes(name));
		if (present.length > 0) {
			await remote.deleteFunctions(binding.app, present);
			this.#onEvent({ event: "deleted", functions: present });
		}
		this.#gone.forget(names);
		for (const name of names) this.#failures.forget(name);
	}

	#tell(event: WatchEvent | undefined): void {
		if (event !== undefined) this.#onEvent(event);
	}
}
