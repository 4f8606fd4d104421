import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag, noWaitFlag } from "../cli/command.ts";
import { requireBinding } from "../cli/context/environment-binding.ts";
import { targetOf } from "../cli/context/linking.ts";
import { openContext } from "../cli/context/open-project.ts";
import {
	conflictsOf,
	decideConflicts,
	decideRolledBack,
	failOnRolledBack,
	parseTake,
} from "../cli/edits/sync-decisions.ts";
import { renderSyncCalls, type SyncCalls, syncCalls } from "../cli/edits/sync-dry-run.ts";
import { count, MARKS } from "../cli/shell/render.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { noteSides, platformSides } from "../cli/sides/sync-sides.ts";
import { renderTargetSync, syncWithTarget, type TargetSyncResult } from "../cli/targets/sync.ts";
import { previousIdentity } from "../cli/undo/diagnosis.ts";
import { listNames } from "../cli/views/edit-result.ts";
import { PlatformWait } from "../cli/wait/wait.ts";
import { inEnvironment } from "../environment-hint.ts";
import { AppError } from "../errors.ts";
import { isTargetBinding, type PlatformBinding } from "../project/files/config.ts";
import type { SessionContext } from "../project/session/session.ts";
import type { RedeployResult } from "../protocol/messages.ts";
import { adoptMembership } from "../sync/changes/adopt-chains.ts";
import type { SideChooser } from "../sync/changes/merge-with-log.ts";
import { sendRequests } from "../sync/changes/send-requests.ts";
import { type SyncOutcome, syncEnvironment } from "../sync/changes/sync.ts";

interface SyncResult {
	environment: string;
	revision: number;
	sent: readonly string[];
	taken: readonly string[];
	pending: readonly string[];
	redeployed: readonly RedeployResult[];
	untouched: readonly string[];
}

export default class Sync extends BaseCommand<SyncResult | TargetSyncResult | SyncCalls> {
	static override summary = "Send pending changes to the platform, and receive the changes of others";
	static override description =
		"If both sides changed a secret to different values, somebody must decide which value is right. On a terminal, the command shows the author, the version and the date of both sides, and asks. Otherwise it exits with 5; --take then decides, for the given names or for all. The open requests in coffer.requests go to the platform too, which shows them in its console. To a target such as Supabase, Coffer only sends: a target does not return the values of its secrets.";
	static override examples = [
		"<%= config.bin %> sync",
		"<%= config.bin %> sync --take local API_KEY",
		"<%= config.bin %> sync --dry-run",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names for --take; defaults to all" }),
	};
	static override flags = {
		environment: environmentFlag,
		take: Flags.string({
			description: "the side whose value wins: local or platform",
			options: ["local", "platform"],
			helpValue: "SIDE",
		}),
		"dry-run": Flags.boolean({ description: "show the requests that the sync would make, and send nothing" }),
		"no-wait": noWaitFlag,
	};

	#waits = true;

	protected async execute(): Promise<SyncResult | TargetSyncResult | SyncCalls> {
		const { argv, flags } = await this.parse(Sync);
		this.#waits = !flags["no-wait"];
		const take = parseTake(flags.take, argv.map(String));
		const context = await openContext(this.environment, flags.environment);
		const binding = await requireBinding(context.root, flags.environment);
		if (flags["dry-run"])
			return syncCalls(context, binding, (name) => take?.(name) === "local", this.terminal);
		if (isTargetBinding(binding))
			return syncWithTarget(context, binding, { take, side: flags.take }, this.terminal);
		return this.#withPlatform(context, binding, { take, side: flags.take });
	}

	async #withPlatform(
		context: SessionContext,
		binding: PlatformBinding,
		{ take, side }: { take: SideChooser | undefined; side: string | undefined },
	): Promise<SyncResult> {
		let outcome = await this.#once(context, binding, take).catch((error: unknown) =>
			this.#recover(error, context, binding, { take, side }),
		);
		if (outcome.rolledBack.length > 0 && this.terminal.interactive) {
			const sides = await this.#sides(context, binding, outcome.rolledBack);
			const decided = await decideRolledBack(sides, this.terminal);
			if (decided) outcome = await this.#once(context, binding, decided);
		}
		for (const warning of outcome.warnings) this.terminal.warn(warning);
		const { revision, sent, taken, redeployed, untouched, rolledBack } = outcome;
		const result = {
			environment: context.environment,
			revision,
			sent,
			taken,
			pending: rolledBack,
			redeployed,
			untouched,
		};
		failOnRolledBack(result);
		return result;
	}

	/** Handles an error that the sync can recover from, and syncs again. @throws any other error */
	async #recover(
		error: unknown,
		context: SessionContext,
		binding: PlatformBinding,
		{ take, side }: { take: SideChooser | undefined; side: string | undefined },
	): Promise<SyncOutcome> {
		if (!(error instanceof AppError)) throw error;
		const conflicts = conflictsOf(error);
		if (conflicts) return this.#decide(error, context, binding, { take, conflicts });
		if (error.code === "NOT_A_MEMBER") {
			// After a rotation, the previous identity remains the member until the project is moved to the new one.
			const previous = await previousIdentity(this.environment);
			if (!previous) throw error;
			return await this.#once({ ...context, ...previous }, binding, take);
		}
		if (error.code !== "MEMBERSHIP_DIVERGED" || side !== "platform") throw error;
		const { leftOut, remade } = await adoptMembership(context, await targetOf(binding, context.environment));
		for (const each of leftOut) this.terminal.warn(`Not applied again: ${each}`);
		for (const each of remade) this.terminal.note(`  Applied again: ${each}`);
		return await this.#once(context, binding, take);
	}

	/**
	 * Asks about the secrets that both sides changed, and syncs with the answers. Without a terminal, it
	 * prints both sides of each secret and throws the error.
	 */
	async #decide(
		error: AppError,
		context: SessionContext,
		binding: PlatformBinding,
		{ take, conflicts }: { take: SideChooser | undefined; conflicts: readonly string[] },
	): Promise<SyncOutcome> {
		if (this.terminal.json) throw error;
		const sides = await this.#sides(context, binding, conflicts);
		if (!this.terminal.interactive) noteSides(sides, "platform", this.terminal);
		const decided = this.terminal.interactive && (await decideConflicts(sides, this.terminal));
		if (!decided) throw error;
		return await this.#once(context, binding, (name) => take?.(name) ?? decided(name));
	}

	async #sides(context: SessionContext, binding: PlatformBinding, names: readonly string[]) {
		return await platformSides(context, await targetOf(binding, context.environment), names);
	}

	async #once(
		context: SessionContext,
		binding: PlatformBinding,
		take: SideChooser | undefined,
	): Promise<SyncOutcome> {
		using wait = new PlatformWait(this.terminal, context.environment);
		const { onAccepted, onRedeploy, signal } = wait;
		const target = await targetOf(binding, context.environment, { signal });
		const onNode = this.#waits ? wait.onNode : undefined;
		const work = async () => {
			const outcome = await syncEnvironment(context, target, { take, onAccepted, onRedeploy, onNode });
			const { fault, filled } = await sendRequests(context, target);
			for (const name of filled)
				this.terminal.note(
					`A value for ${name} was filled in in the console. To look at it: ${inEnvironment(`coffer requests accept ${name}`, context.environment)}`,
				);
			return fault === undefined ? outcome : { ...outcome, warnings: [...outcome.warnings, fault] };
		};
		return wait.during(work, { sentence: "All local changes are saved" });
	}

	protected render(result: SyncResult | TargetSyncResult | SyncCalls, terminal: Terminal): void {
		if ("calls" in result) renderSyncCalls(result, terminal);
		else if ("target" in result) renderTargetSync(result, terminal);
		else this.#renderSync(result, terminal);
	}

	#renderSync(result: SyncResult, terminal: Terminal): void {
		const { environment, sent, taken } = result;
		if (sent.length > 0) terminal.line(`${MARKS.ok} Sent ${listNames(sent)} of ${environment}`);
		if (taken.length > 0) terminal.line(`${MARKS.ok} Received ${listNames(taken)} into ${environment}`);
		if (result.pending.length > 0) return;
		const kept =
			result.untouched.length > 0 ? `; ${count(result.untouched.length, "function")} untouched` : "";
		terminal.line(`In sync: ${environment} at revision ${result.revision}${kept}`);
	}
}
