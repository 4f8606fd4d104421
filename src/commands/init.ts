import { Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { createIdentity, presentIdentity } from "../cli/context/device-identity.ts";
import { requireEnvironmentName } from "../cli/context/open-project.ts";
import { requireNoOtherVault, requireWorkTree } from "../cli/context/other-vaults.ts";
import { adviseOnEnvFilesIn } from "../cli/plaintext/env-files.ts";
import { inheritedEnvironment } from "../cli/shell/process-environment.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { cryptoReady } from "../crypto.ts";
import { DEFAULT_ENVIRONMENT } from "../environment-hint.ts";
import { defaultMemberName } from "../identity/default-name.ts";
import { fingerprint } from "../identity/identity.ts";
import { putDefaultEnvironment } from "../project/files/config.ts";
import { CONFIG_FILE, currentFolder } from "../project/files/project-root.ts";
import { gitWarnings } from "../project/git/driver.ts";
import { initProject } from "../project/init.ts";

interface InitResult {
	vault: string;
	environment: string;
	member: string;
	identity: "created" | "created-file" | "keychain" | "file" | "environment";
	gitFiles: readonly string[];
	/** The id of the vault that this folder contained before, if this device knows of one. */
	formerVault: string | undefined;
	/** Whether the environment became the default in coffer.json. */
	default: boolean;
}

const formerVaultWarning = (vaultId: string) =>
	`This folder had another vault before (${vaultId.slice(0, 12)}…). The new one has none of its secrets. If you did not want to begin anew, replace the new coffer.vault by the former one, from git or a backup, and then run: coffer vault accept`;

export default class Init extends BaseCommand<InitResult> {
	static override summary = "Create a vault in this folder, and an identity on this device if it has none";
	static override description =
		"Writes the encrypted file coffer.vault; commit it to git. An identity is the key pair that opens the vault. Coffer uses the identity in COFFER_IDENTITY, in the file that COFFER_IDENTITY_FILE names, or in the system's keychain. If there is none, it creates one: in that file if COFFER_IDENTITY_FILE is set, or else in the keychain.";
	static override examples = [
		"<%= config.bin %> init",
		"<%= config.bin %> init --environment preview --name alice@laptop",
	];
	static override flags = {
		environment: environmentFlag,
		separate: Flags.boolean({
			description: "create a second vault below a folder that has one, or where another branch has one",
		}),
		name: Flags.string({ description: "your name in the list of members", helpValue: "NAME" }),
	};

	protected async execute(): Promise<InitResult> {
		const { flags } = await this.parse(Init);
		requireEnvironmentName(flags.environment);
		requireWorkTree();
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
		const { vaultId, formerVaultId, gitFiles } = await initProject(context, member);
		// It is the only environment. Without a default, later commands would use production.
		const isOwnDefault = flags.environment !== DEFAULT_ENVIRONMENT;
		if (isOwnDefault) await putDefaultEnvironment(context.root, flags.environment);
		if (formerVaultId !== undefined) this.terminal.warn(formerVaultWarning(formerVaultId));
		await adviseOnEnvFilesIn(context.root, this.terminal);
		const place = { folder: context.root, variables: inheritedEnvironment() };
		for (const warning of await gitWarnings(place)) this.terminal.warn(warning);
		return {
			vault: vaultId,
			environment: flags.environment,
			member,
			identity: found?.source ?? (this.environment.identityFile === undefined ? "created" : "created-file"),
			gitFiles,
			formerVault: formerVaultId,
			default: isOwnDefault,
		};
	}

	protected render(result: InitResult, terminal: Terminal): void {
		const identities = {
			created: "created in the system's keychain",
			"created-file": "created in the file that COFFER_IDENTITY_FILE names",
			keychain: "from the system's keychain",
			file: "from the file that COFFER_IDENTITY_FILE names",
			environment: "from COFFER_IDENTITY",
		};
		terminal.line("Created coffer.vault. It is encrypted: commit it to git.");
		const isDefault = result.default ? ` (the default in ${CONFIG_FILE}: commit it too)` : "";
		terminal.line(`  environment  ${result.environment}${isDefault}`);
		terminal.line(`  member       ${result.member} (writer)`);
		terminal.line(`  identity     ${identities[result.identity]}`);
		if (result.gitFiles.length > 0) terminal.line(`  for git      ${result.gitFiles.join(", ")}`);
		terminal.line();
		terminal.line("Your identity is the only key to this vault. If you lose it, you lose the values.");
		terminal.line("To keep a copy elsewhere, protected by a passphrase: coffer identity export FILE");
		terminal.line("Next: coffer secrets set NAME=VALUE");
	}
}
