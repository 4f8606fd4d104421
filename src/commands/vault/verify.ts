import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { linkedLogs } from "../../cli/context/linked-logs.ts";
import { findDeviceIdentity, requireEnvironmentName } from "../../cli/context/open-project.ts";
import { inheritedEnvironment } from "../../cli/shell/process-environment.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { previousIdentity } from "../../cli/undo/diagnosis.ts";
import {
	type AcceptReport,
	type LackingRow,
	lackingRows,
	renderLacking,
	waysHint,
} from "../../cli/undo/report.ts";
import { DEFAULT_ENVIRONMENT } from "../../environment-hint.ts";
import { AppError, EXIT, toUndefined } from "../../errors.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { gitWarnings } from "../../project/git/driver.ts";
import { type Restoring, restoringIn } from "../../project/session/restoring.ts";
import { diagnose, type SearchContext } from "../../project/undo/accept.ts";
import type { Finding } from "../../project/verify/findings.ts";
import { type VerifyReport, verifyVault } from "../../project/verify-vault.ts";

/** The first finding about a record that is not merely older than this device has seen. */
function namedIn(findings: readonly Finding[]): Finding | undefined {
	return findings.find(({ code, name }) => name !== null && !LACKING.includes(code));
}

/** What restores that record. @param signs the signing keys of this device; empty without an identity */
async function restoringNamed(
	root: string,
	signs: readonly string[],
	findings: readonly Finding[],
): Promise<Restoring | undefined> {
	const named = namedIn(findings);
	if (!named?.name) return undefined;
	const { document } = await loadVault(root);
	return restoringIn(document, signs, {
		environment: named.environment ?? DEFAULT_ENVIRONMENT,
		name: named.name,
	});
}

/**
 * The hint for the findings. Single records can be restored.
 * @param restoring what restores the first of them; undefined if none is named
 */
function remedy({ findings, ways }: Verified, restoring: Restoring | undefined): string {
	const explained = findings.filter(({ code }) => LACKING.includes(code)).length;
	if (findings.some(({ code }) => code === "VAULT_REPLACED"))
		return "Find out who changed the file (git log -p -- coffer.vault), and restore the right one: git checkout COMMIT -- coffer.vault\nTo continue with this vault in this folder: coffer vault accept";
	if (ways.length > 0 && explained === findings.length) return waysHint(ways);
	const find = "Find out who changed the file (git log -p -- coffer.vault), and restore it.";
	const first = restoring
		? `${restoring.words}: ${restoring.command}`
		: "If an editor or a merge by hand did it: coffer vault resolve";
	return [...new Set([find, first, ...waysHint(ways).split("\n")])].join("\n").trim();
}

/** The codes of findings whose only fault is that the file lacks a change that this device has seen. */
const LACKING: readonly string[] = [
	"MEMBERSHIP_DIVERGED",
	"MEMBERSHIP_ROLLED_BACK",
	"RECORD_ROLLED_BACK",
	"RECORD_DROPPED",
	"RECORD_REPLACED",
	"VAULT_ENVIRONMENT_DROPPED",
];

/** The report, with the changes that the file lacks, where they are, and what the user can do. */
interface Verified extends VerifyReport, Pick<AcceptReport, "ways"> {
	readonly lacking: readonly LackingRow[];
}

export default class VaultVerify extends BaseCommand<Verified> {
	static override summary = "Check the whole vault for damage, forgery and roll-back";
	static override description =
		"Checks the syntax, the membership, every signature, and every record that this identity can decrypt. It compares all of it with what this device has seen before, and with the logs of linked platforms; the logs help in a fresh clone, which has seen nothing. An older or missing record makes this command exit with 7, while other commands only warn. All faults are reported, and everything that could not be checked.";
	static override examples = [
		"<%= config.bin %> vault verify",
		"<%= config.bin %> vault verify --environment preview --json",
	];
	static override flags = {
		environment: Flags.string({
			char: "e",
			description: "environment to check; defaults to all",
			helpValue: "NAME",
		}),
		offline: Flags.boolean({ description: "do not contact linked platforms" }),
	};

	protected async execute(): Promise<Verified> {
		const { flags } = await this.parse(VaultVerify);
		if (flags.environment !== undefined) requireEnvironmentName(flags.environment);
		const root = requireRoot(currentFolder());
		const holder = await findDeviceIdentity(this.environment);
		const logs = flags.offline ? new Map() : await linkedLogs(root, flags.environment);
		const place = { folder: root, variables: inheritedEnvironment() };
		for (const warning of await gitWarnings(place)) this.terminal.warn(warning);
		const found = await verifyVault({ root, environment: flags.environment, holder, logs });
		if (found.findings.length === 0) return { ...found, lacking: [], ways: [] };
		const report = { ...found, ...(await this.#diagnosis(root, holder, logs)) };
		const signs = holder ? [holder.identity.publicKeys.sign] : [];
		const restoring = await restoringNamed(root, signs, report.findings).catch(toUndefined);
		const line = report.findings.find((finding) => finding.line !== null)?.line;
		throw new AppError({
			code: "VAULT_UNSOUND",
			message: `coffer.vault is not valid: ${count(report.findings.length, "fault")}.`,
			hint: remedy(report, restoring),
			exit: EXIT.integrity,
			...(line ? { line } : {}),
			data: report,
		});
	}

	/**
	 * The changes that the file lacks, and what the user can do. Empty if the memory or the file cannot be
	 * read.
	 */
	async #diagnosis(
		root: string,
		holder: Awaited<ReturnType<typeof findDeviceIdentity>>,
		logs: SearchContext["logs"],
	): Promise<Pick<Verified, "lacking" | "ways">> {
		const git = { folder: root, variables: inheritedEnvironment() };
		const previous = await previousIdentity(this.environment);
		const diagnosis = await Promise.resolve(
			holder && diagnose({ ...holder, root, previous }, { git, logs }),
		).catch((error: unknown) => {
			if (!(error instanceof AppError)) throw error;
		});
		if (!diagnosis) return { lacking: [], ways: [] };
		for (const note of diagnosis.searched.notes) this.terminal.warn(note);
		return { lacking: lackingRows(diagnosis, diagnosis.searched.found), ways: [...diagnosis.ways] };
	}

	protected render(report: Verified, terminal: Terminal): void {
		for (const { code, environment, line, message } of report.findings) {
			const place = [environment, line === null ? null : `line ${line}`].filter((part) => part !== null);
			terminal.line(`${MARKS.failed} ${code}${place.length > 0 ? ` (${place.join(", ")})` : ""}`);
			terminal.block(message, "    ");
		}
		if (report.lacking.length > 0) {
			terminal.line("  Seen on this device, but not in coffer.vault:");
			renderLacking(report.lacking, terminal);
		}
		for (const { environment, verified, opened } of report.environments) {
			const keys = opened === null ? "" : `, ${opened} decrypted`;
			terminal.line(`  ${environment}: ${count(verified, "record")} checked${keys}`);
		}
		for (const sentence of report.unchecked) terminal.line(`  Not checked: ${sentence}`);
		if (report.findings.length === 0) terminal.line(`${MARKS.ok} The vault is valid`);
	}
}
