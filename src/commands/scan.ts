import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../cli/command.ts";
import { requireIdentity } from "../cli/context/open-project.ts";
import { inheritedEnvironment } from "../cli/shell/process-environment.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { usageError } from "../cli/shell/usage.ts";
import { gapWarnings, renderScan, requireNothingFound, scanProgress } from "../cli/views/scan-result.ts";
import { cryptoReady } from "../crypto.ts";
import { currentFolder, requireRoot } from "../project/files/project-root.ts";
import { loadVault } from "../project/files/vault-file.ts";
import { openableValues, otherVaults } from "../project/plaintext/live-values.ts";
import type { Scan as Result } from "../project/plaintext/scan/report.ts";
import { scanFiles, scanHistory, scanIndex } from "../project/plaintext/scan/scan.ts";

export default class Scan extends BaseCommand<Result> {
	static override summary = "Find the vault's own values in files, in git's index or in git's history";
	static override description =
		"Searches for the values of all environments that this device can open, and for identities (coffer-identity-1.…). It finds a value as it is, as .env files and shells quote it, in JSON, URLs, XML, hex, base64 (both alphabets, also inside longer base64) and UTF-16, and also if it is broken over lines. It prints the file, the line, the column, the name of the secret, its environment and the form, and never a value.\n\nWithout PATH it searches the project: the files that git tracks or would add, also in submodules; without git, all files but those in .git and node_modules. A file or folder that is named is searched even if git ignores it. --staged searches what git's index has, and not the files on the disk. --history searches each content that a branch, a tag or another ref reaches, and prints the first commit that has it.\n\nValues of fewer than 8 characters are not searched for, and of fewer than 16 only if they look generated: others, such as production or us-east-1, occur by chance. Coffer lists the secrets that it did not search for. A line 'NAME PATH' in .coffer-allow allows a value in a file.";
	static override examples = [
		"<%= config.bin %> scan",
		"<%= config.bin %> scan dist server.log",
		"<%= config.bin %> scan --staged",
		"<%= config.bin %> scan --history --json",
	];
	static override strict = false;
	static override args = {
		paths: Args.string({ name: "PATH...", description: "files and folders; by default the project" }),
	};
	static override flags = {
		staged: Flags.boolean({ description: "search what is in git's index, and not the files on the disk" }),
		history: Flags.boolean({ description: "search the whole history of all branches and tags" }),
	};

	protected async execute(): Promise<Result> {
		const { argv, flags } = await this.parse(Scan);
		const paths = argv.map(String);
		if ([flags.staged, flags.history, paths.length > 0].filter(Boolean).length > 1)
			throw usageError("Give paths, --staged or --history, and not two of them.", "scan");
		const place = { folder: currentFolder(), variables: inheritedEnvironment() };
		const root = requireRoot(place.folder);
		const [{ identity }, { document }] = await Promise.all([
			requireIdentity(this.environment),
			loadVault(root),
			cryptoReady,
		]);
		const values = openableValues(document, identity);
		const progress = scanProgress(this.terminal);
		const atRoot = { ...place, folder: root };
		const found = flags.history
			? await scanHistory(values, atRoot, progress)
			: flags.staged
				? await scanIndex(values, atRoot, progress)
				: await scanFiles(values, { root, place, paths }, progress);
		this.terminal.progress(undefined);
		const result = { ...found, otherVaults: await otherVaults(place, root) };
		for (const warning of gapWarnings(result)) this.terminal.warn(warning);
		requireNothingFound(result);
		return result;
	}

	protected render(result: Result, terminal: Terminal): void {
		renderScan(result, terminal);
	}
}
