import { realpathSync } from "node:fs";
import { relative } from "node:path";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { type NoAnswer, toNoAnswer } from "../cli/context/link-state.ts";
import { targetOf } from "../cli/context/linking.ts";
import { openContext } from "../cli/context/open-project.ts";
import { type OutOfDate, outOfDate } from "../cli/declarations/out-of-date.ts";
import { openNow } from "../cli/requests/after-edit.ts";
import { askerText, type RequestRow, rowOf } from "../cli/requests/rows.ts";
import { inheritedEnvironment } from "../cli/shell/process-environment.ts";
import { count } from "../cli/shell/render.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { renderTargetNames, targetStatus } from "../cli/targets/status.ts";
import { listNames } from "../cli/views/edit-result.ts";
import { renderDebt } from "../cli/views/removal-debt.ts";
import { inEnvironment } from "../environment-hint.ts";
import { printable } from "../printable.ts";
import {
	type Binding,
	bindingOf,
	isTargetBinding,
	type PlatformBinding,
	readConfig,
} from "../project/files/config.ts";
import { currentFolder } from "../project/files/project-root.ts";
import { gitWarnings } from "../project/git/driver.ts";
import { readSession } from "../project/secrets/edit-secrets.ts";
import type { VaultSession } from "../project/session/session.ts";
import { pendingNames, rememberedPlatform } from "../project/session/sync-state.ts";
import { appWords } from "../targets/kinds.ts";
import { type RemovalDebt, removalDebt } from "../vault/document/removal-debt.ts";
import { staleRecords } from "../vault/document/stale-records.ts";

interface StatusResult {
	environment: string;
	vault: string;
	/** The folder of the vault, from the working folder. */
	folder: string;
	secrets: number;
	members: { name: string; role: string }[];
	linked: boolean;
	/** `coffer` for a platform, or the name of the kind of target; null if it is not linked. */
	target: string | null;
	reachable: boolean;
	url: string | null;
	app: string | null;
	/** The revision of the last sync; null if there was none. */
	revision: number | null;
	/** The platform's revision; null if it cannot be reached. */
	platformRevision: number | null;
	pending: readonly string[];
	/** Secrets that the platform stores outside any vault; empty if it cannot be reached. */
	local: readonly { name: string; origin: string; by: string; at: string }[];
	/** The removal debt: values that a removed member could read and that are not replaced yet. */
	debt: readonly RemovalDebt[];
	/** Names whose record is encrypted under an earlier key, because of a merge. */
	stale: readonly string[];
	/** The open requests for secrets that the environment lacks. */
	requests: readonly RequestRow[];
	/** How the file of `coffer types` differs from the vault; null if there is none or it does not. */
	types: OutOfDate | null;
	/** Only for a target: names that were sent and that it no longer has. */
	missing?: readonly string[];
	/** Only for a target: names at the target that neither the vault nor this device's memory has. */
	foreign?: readonly string[];
	/** The reason why the platform did not answer. */
	reason?: string;
	/** The error code for `reason`. */
	code?: string;
	/** How to get a credential that this device lacks. */
	hint?: string;
}

type Link = Pick<
	StatusResult,
	| "reachable"
	| "revision"
	| "platformRevision"
	| "local"
	| "pending"
	| "missing"
	| "foreign"
	| "reason"
	| "code"
	| "hint"
>;

const NOT_LINKED: Link = { reachable: false, revision: null, platformRevision: null, local: [], pending: [] };

type Answer = { readonly revision: number; readonly local: StatusResult["local"] };

async function askPlatform(binding: PlatformBinding, environment: string): Promise<Answer | NoAnswer> {
	try {
		const { remote } = await targetOf(binding, environment);
		const { revision, local = [] } = await remote.showApp(binding.app);
		return {
			revision,
			local: local.map(({ atMs, ...kept }) => ({ ...kept, at: new Date(atMs).toISOString() })),
		};
	} catch (error) {
		return toNoAnswer(error);
	}
}

/** The state of the link. */
async function readLink(session: VaultSession, binding: Binding | undefined): Promise<Link> {
	if (!binding) return NOT_LINKED;
	if (isTargetBinding(binding)) return { ...NOT_LINKED, ...(await targetStatus(session, binding)) };
	const memory = rememberedPlatform(session.checkout, binding);
	const answer = await askPlatform(binding, session.place.environment);
	return {
		reachable: "revision" in answer,
		revision: memory?.revision ?? null,
		platformRevision: "revision" in answer ? answer.revision : null,
		local: "local" in answer ? answer.local : [],
		pending: pendingNames(session.snapshot, memory),
		...("reason" in answer ? answer : {}),
	};
}

/** Describes whether the platform answered. */
function reachText({ code, hint, reachable }: StatusResult): string {
	if (reachable) return "reachable";
	if (code === "APP_NOT_FOUND") return "no such app there";
	if (code === "TOKEN_INVALID" || code === "TOKEN_SCOPE") return "refuses the token";
	return hint === undefined ? "out of reach" : "not asked";
}

/** Describes how the file of `coffer types` differs. */
function typesText({ added, file, removed, run }: OutOfDate): string {
	const changes = [...added.map((name) => `+${name}`), ...removed.map((name) => `-${name}`)];
	return `${file} is out of date${changes.length > 0 ? ` (${listNames(changes)})` : ""}: ${run}`;
}

export default class Status extends BaseCommand<StatusResult> {
	static override summary = "Show the state of the vault and of the platform, and what is not synced yet";
	static override examples = [
		"<%= config.bin %> status",
		"<%= config.bin %> status --environment preview --json",
	];
	static override flags = { environment: environmentFlag };

	protected async execute(): Promise<StatusResult> {
		const { flags } = await this.parse(Status);
		const context = await openContext(this.environment, flags.environment);
		const { session, remember } = await readSession(context);
		const place = { folder: context.root, variables: inheritedEnvironment() };
		for (const warning of [...session.warnings, ...(await gitWarnings(place))]) this.terminal.warn(warning);
		await remember();
		const { verified } = session;
		const binding = bindingOf(await readConfig(context.root), flags.environment);
		const { reachable, revision, platformRevision, local, pending, ...more } = await readLink(
			session,
			binding,
		);
		const live = [...verified.section.records.values()].filter((record) => record.kind === "live");
		return {
			environment: flags.environment,
			vault: session.place.vaultId,
			folder: relative(realpathSync(currentFolder()), context.root) || ".",
			secrets: live.length,
			members: [...verified.state.members.values()].map(({ name, role }) => ({ name, role })),
			linked: binding !== undefined,
			target: isTargetBinding(binding) ? binding.kind : binding ? "coffer" : null,
			reachable,
			url: binding?.url ?? null,
			app: binding?.app ?? null,
			revision,
			platformRevision,
			local,
			pending,
			debt: removalDebt(verified),
			requests: (await openNow(context.root, flags.environment)).map(rowOf),
			types: (await outOfDate(context.root, session.loaded.document)) ?? null,
			stale: staleRecords(verified).map(({ name }) => name),
			...more,
		};
	}

	protected render(result: StatusResult, terminal: Terminal): void {
		this.#renderLink(result, terminal);
		for (const row of result.requests)
			terminal.line(`requested    ${row.name}, by ${askerText(row)} (coffer requests)`);
		if (result.types) terminal.line(`types        ${typesText(result.types)}`);
		if (result.stale.length > 0)
			terminal.line(
				`Encrypted under an earlier key: ${listNames(result.stale)} (to re-encrypt: ${inEnvironment("coffer vault reseal", result.environment)})`,
			);
		renderDebt(result.debt, result.environment, terminal);
	}

	#renderLink(result: StatusResult, terminal: Terminal): void {
		terminal.line(`environment  ${result.environment} (${count(result.secrets, "secret")})`);
		terminal.line(
			`vault        ${result.vault}${result.folder === "." ? "" : ` (in ${printable(result.folder, 300)})`}`,
		);
		const members = result.members.map(({ name, role }) => `${name} (${role})`);
		const shown = listNames(members);
		const more =
			shown === members.join(", ") ? "" : ` (${inEnvironment("coffer members list", result.environment)})`;
		terminal.line(`members      ${shown}${more}`);
		if (!result.linked) {
			terminal.line("platform     not linked (coffer link URL --app APP)");
			return;
		}
		const isPlatform = result.target === "coffer";
		const label = isPlatform ? "platform" : (result.target ?? "");
		terminal.line(
			`${label.padEnd(12)} ${result.url}, ${appWords(label, result.app ?? "")}: ${reachText(result)}`,
		);
		for (const text of [result.reason, result.hint])
			if (text !== undefined) terminal.line(`             ${text}`);
		if (isPlatform) this.#renderRevision(result, terminal);
		terminal.line(`pending      ${result.pending.length > 0 ? listNames(result.pending) : "nothing"}`);
		renderTargetNames(result, terminal);
	}

	#renderRevision(result: StatusResult, terminal: Terminal): void {
		const behind = (result.platformRevision ?? 0) - (result.revision ?? 0);
		const ahead = behind > 0 ? `; the platform is ${count(behind, "revision")} ahead` : "";
		terminal.line(`revision     ${result.revision ?? "none yet"}${ahead}`);
		if (result.local.length > 0) {
			const names = listNames(result.local.map(({ name }) => name));
			terminal.line(
				`base44       ${names} (set with the Base44 CLI; stored on the platform only, not in the vault)`,
			);
		}
	}
}
