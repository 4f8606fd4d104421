import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { findIdentity, requireEnvironmentName } from "../../cli/context/open-project.ts";
import { reasonFlag, requireReason } from "../../cli/requests/reason.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { AppError, EXIT, toUndefined } from "../../errors.ts";
import { defaultMemberName } from "../../identity/default-name.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { REQUESTS_FOLDER } from "../../project/requests/folder.ts";
import { askFor } from "../../project/requests/requests.ts";
import { checkSecretName } from "../../vault/syntax/secret-name.ts";
import { isMemberName } from "../../vault/syntax/syntax.ts";

interface RequestResult {
	id: string;
	name: string;
	environment: string;
	by: string;
	/** Whether the request is signed by a member of the environment. */
	verified: boolean;
	at: string;
	reason: string;
	/** The new file; null if the same request was open already. */
	file: string | null;
}

export default class RequestsAsk extends BaseCommand<RequestResult> {
	static override summary = "Ask the people of the project for a secret that is missing";
	static override description =
		"Writes a file into coffer.requests, beside the vault; commit it, so that others see it. It gives no access to anything: a person sees who asks and why, and sets the value ('coffer requests fill NAME') or declines. The command needs no identity. 'coffer request' is the same command. With the identity of a member, the request is signed, and others see that it is from that member.";
	static override examples = [
		'<%= config.bin %> requests ask STRIPE_KEY --reason "The checkout function needs it in test mode"',
		'<%= config.bin %> request STRIPE_KEY -e preview --reason "For the preview" --by build-agent',
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the missing secret", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		reason: reasonFlag,
		by: Flags.string({
			description: "who asks, if there is no member's identity; defaults to the user and the machine",
			helpValue: "NAME",
		}),
	};

	protected async execute(): Promise<RequestResult> {
		const { args, flags } = await this.parse(RequestsAsk);
		const { environment } = flags;
		requireEnvironmentName(environment);
		checkSecretName(args.name);
		const reason = requireReason(flags.reason);
		const by = flags.by ?? defaultMemberName();
		if (!isMemberName(by)) throw byInvalid();
		const root = requireRoot(currentFolder());
		const found = await findIdentity(this.environment).catch(toUndefined);
		const question = { environment, name: args.name, reason, by, identity: found?.identity };
		const { entry, file, member } = await askFor(root, question);
		return {
			...{ id: entry.id, name: entry.name, environment, at: entry.at, reason: entry.reason },
			...{ by: member ?? entry.by, verified: member !== undefined, file: file ?? null },
		};
	}

	protected render({ environment, file, name }: RequestResult, terminal: Terminal): void {
		if (file === null) {
			terminal.line(`${name} is asked for already in ${environment}, and nobody has answered yet.`);
			return;
		}
		terminal.line(`${MARKS.ok} Asked for ${name} in ${environment}`);
		terminal.line(`  To share it: git add ${REQUESTS_FOLDER}, commit and push.`);
	}
}

function byInvalid(): AppError {
	return new AppError({
		code: "USAGE",
		message: "The value of --by is not a name.",
		hint: "A name has 1 to 64 letters, digits and . _ @ + -, and begins with a letter or a digit.",
		exit: EXIT.usage,
	});
}
