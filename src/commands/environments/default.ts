import { Args } from "@oclif/core";
import { type ChoiceSource, defaultEnvironment } from "../../cli/chosen-environment/choose.ts";
import { BaseCommand } from "../../cli/command.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { putDefaultEnvironment, readDefaultEnvironment } from "../../project/files/config.ts";
import { CONFIG_FILE, currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { environmentNames } from "../../project/members/environments.ts";

interface DefaultResult {
	/** The environment that commands mean here without `-e`. */
	environment: string;
	source: ChoiceSource;
	/** The project's default; null where coffer.json names none. */
	project: string | null;
	/** Whether coffer.json was changed. */
	changed: boolean;
}

const SOURCES: Readonly<Record<ChoiceSource, string>> = {
	flag: "by the flag",
	variable: "by COFFER_ENVIRONMENT",
	project: `by ${CONFIG_FILE}`,
	none: "nothing names another",
};

/** @throws AppError `ENVIRONMENT_NOT_FOUND` (exit 4) */
async function requireExisting(root: string, name: string): Promise<void> {
	const known = environmentNames((await loadVault(root)).document);
	if (known.includes(name)) return;
	throw new AppError({
		code: "ENVIRONMENT_NOT_FOUND",
		message: "This vault has no environment of that name; the default is as it was.",
		hint: `It has: ${known.join(", ")}. 'coffer environments create NAME' makes another.`,
		exit: EXIT.notFound,
	});
}

export default class EnvironmentsDefault extends BaseCommand<DefaultResult> {
	static override summary = "Show or set the environment that commands mean without -e";
	static override description =
		"The default is kept in coffer.json, so that everybody who has the project shares it. COFFER_ENVIRONMENT comes before it, and -e before both. Where nothing names one, production is meant.";
	static override examples = [
		"<%= config.bin %> environments default",
		"<%= config.bin %> environments default staging",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "the new default; shows the present one if left out" }),
	};

	protected async execute(): Promise<DefaultResult> {
		const { args } = await this.parse(EnvironmentsDefault);
		await cryptoReady;
		const root = requireRoot(currentFolder());
		const before = await readDefaultEnvironment(root);
		const { name } = args;
		if (name !== undefined) {
			await requireExisting(root, name);
			await putDefaultEnvironment(root, name);
		}
		const { name: environment, source } = await defaultEnvironment(this.environment);
		const changed = name !== undefined && name !== before;
		return { environment, source, project: name ?? before ?? null, changed };
	}

	protected render({ changed, environment, project, source }: DefaultResult, terminal: Terminal): void {
		if (changed)
			terminal.line(`${MARKS.ok} The project's default environment is '${project}'; commit ${CONFIG_FILE}`);
		if (!changed || source !== "project")
			terminal.line(`Commands mean '${environment}' here (${SOURCES[source]}).`);
	}
}
