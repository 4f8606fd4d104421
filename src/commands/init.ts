import { hostname, userInfo } from "node:os";
import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { createIdentity, presentIdentity } from "../cli/context/device-identity.ts";
import { requireEnvironmentName } from "../cli/context/open-project.ts";
import { requireNoOtherVault } from "../cli/context/other-vaults.ts";
import { adviseOnEnvFilesIn } from "../cli/plaintext/env-files.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { cryptoReady } from "../crypto.ts";
import { DEFAULT_ENVIRONMENT } from "../environment-hint.ts";
import { fingerprint } from "../identity/identity.ts";
import { putDefaultEnvironment } from "../project/files/config.ts";
import { CONFIG_FILE, currentFolder } from "../project/files/project-root.ts";
import { initProject } from "../project/init.ts";

interface InitResult {
	vault: string;
	environment: string;
	member: string;
	identity: "created" | "created-file" | "keychain" | "file" | "environment";
	gitFiles: readonly string[];
	/** Whether coffer.json was made to name the environment the default. */
	default: boolean;
}

/** `user@host` in the characters that a member's name may have. */
function defaultMemberName(): string {
	const clean = (text: string) => text.replaceAll(/[^A-Za-z0-9._+-]/g, "-");
	return `${clean(userInfo().username)}@${clean(hostname())}`.replace(/^[^A-Za-z0-9]+/, "").slice(0, 64);
}

export default class Init extends BaseCommand<InitResult> {
	static override summary = "Make a vault in this folder, and an identity on this device if there is none";
	static override description =
		"Writes coffer.vault, to be committed to git. The identity that opens it goes into the system's keychain, or is taken from COFFER_IDENTITY or the file that COFFER_IDENTITY_FILE names, which is made if it is not there.";
	static override examples = [
		"<%= config.bin %> init",
		"<%= config.bin %> init --environment preview --name alice@laptop",
	];
	static override flags = {
		environment: environmentFlag,
		separate: Flags.boolean({ description: "make a vault of its own below a folder that has one" }),
		name: Flags.string({ description: "what teammates see in the list of members", helpValue: "NAME" }),
	};

	protected async execute(): Promise<InitResult> {
		const { flags } = await this.parse(Init);
		requireEnvironmentName(flags.environment);
		await requireNoOtherVault(flags.separate);
		await cryptoReady;
		const found = await presentIdentity(this.environment);
		const identity = found?.identity ?? (await createIdentity(this.environment));
		const member = flags.name ?? defaultMemberName();
		const context = {
			root: currentFolder(),
			environment: flags.environment,
			identity,
			member: fingerprint(identity.publicKeys),
			stateFolder: this.environment.stateDirectory,
		};
		const { vaultId, gitFiles } = await initProject(context, member);
		// It is the only environment: the commands to come would look for another one.
		const isOwnDefault = flags.environment !== DEFAULT_ENVIRONMENT;
		if (isOwnDefault) await putDefaultEnvironment(context.root, flags.environment);
		await adviseOnEnvFilesIn(context.root, this.terminal);
		return {
			vault: vaultId,
			environment: flags.environment,
			member,
			identity: found?.source ?? (this.environment.identityFile === undefined ? "created" : "created-file"),
			gitFiles,
			default: isOwnDefault,
		};
	}

	protected render(result: InitResult, terminal: Terminal): void {
		const identities = {
			created: "made, and kept in the system's keychain",
			"created-file": "made, in the file that COFFER_IDENTITY_FILE names",
			keychain: "the one in the system's keychain",
			file: "the one in the file that COFFER_IDENTITY_FILE names",
			environment: "the one in COFFER_IDENTITY",
		};
		terminal.line("Made coffer.vault: commit it to git, it is sealed.");
		const kept = result.default ? ` (the default, by ${CONFIG_FILE}: commit it too)` : "";
		terminal.line(`  environment  ${result.environment}${kept}`);
		terminal.line(`  member       ${result.member} (writer)`);
		terminal.line(`  identity     ${identities[result.identity]}`);
		if (result.gitFiles.length > 0) terminal.line(`  for git      ${result.gitFiles.join(", ")}`);
		terminal.line();
		terminal.line("The identity is the only key to the vault so far: without it, the values are lost.");
		terminal.line("Keep a copy elsewhere, under a passphrase: coffer identity export FILE");
		terminal.line("Next: coffer secrets set NAME=VALUE");
	}
}
