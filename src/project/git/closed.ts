/**
 * Settings for every git process that Coffer starts, so that an untrusted repository cannot make git start a program. A
 * repository brings its own configuration (`.git/config`) and attributes, and git's documentation lists many settings
 * that contain a command. Three measures keep git from running them:
 *
 * - Coffer uses plumbing commands only (`config`, `rev-parse`, `rev-list`, `for-each-ref`, `cat-file`, `diff-index`,
 * `diff-tree`, `hash-object`, `merge-base`, `merge-file`, `ls-files`, `check-ignore`, `check-attr`). These commands start no pager and no editor,
 * write no index and no branch, convert no file, and use no network.
 * - Settings on the command line and environment variables override the repository's settings.
 * - No protocol is allowed, so nothing is fetched, even if a remote's settings request it.
 *
 * The configuration of the user and of the machine is read: it is trusted, and it contains `safe.directory`.
 */

/**
 * A setting that names a program (git-config(1)), with the value that Coffer gives it, and the reason why it
 * starts nothing.
 */
interface ProgramSetting {
	/** As git's documentation writes them, separated by spaces. */
	readonly keys: string;
	/** The value on git's command line; undefined if other measures keep the setting from starting anything. */
	readonly value?: string;
	readonly reason: string;
}

const NO_PROTOCOL = "only used over a protocol, and none is allowed (GIT_ALLOW_PROTOCOL)";
const NOT_SHOWN = "only used by commands that show something to a person or ask one";
const NOT_CONVERTED = "only used where a file's content is converted or merged; objects are read as they are";
const NOT_RUN = "only used by commands that Coffer does not run";

/** Every setting of git that names a program, from the documentation of git 2.30 to 2.55. */
export const PROGRAM_SETTINGS: readonly ProgramSetting[] = [
	// Empty means off in every version. Before 2.36, git ran `false` as a program.
	{ keys: "core.fsmonitor", value: "", reason: "a hook that is run whenever the index is read" },
	{
		keys: "core.hooksPath",
		value: "/dev/null",
		reason: "the folder of the hooks; git documents this value for no hooks",
	},
	{ keys: "core.pager", value: "cat", reason: `a pager; ${NOT_SHOWN}` },
	{ keys: "core.editor sequence.editor", value: "false", reason: `an editor; ${NOT_SHOWN}` },
	{ keys: "core.askPass", value: "false", reason: `asks for passwords; ${NO_PROTOCOL}` },
	{ keys: "core.sshCommand", value: "false", reason: `the program for ssh; ${NO_PROTOCOL}` },
	{
		keys: "core.alternateRefsCommand",
		value: "false",
		reason: "lists branches of alternates while fetching",
	},
	{
		keys: "credential.helper",
		value: "",
		reason: "an empty value clears the helpers that are configured before it",
	},
	{ keys: "diff.external", reason: "--no-ext-diff, and no patch is shown" },
	{
		keys: "gpg.program gpg.openpgp.program gpg.x509.program gpg.ssh.program",
		value: "false",
		reason: NOT_SHOWN,
	},
	{ keys: "gpg.ssh.defaultKeyCommand", value: "false", reason: NOT_SHOWN },
	{ keys: "interactive.diffFilter", value: "cat", reason: NOT_SHOWN },
	{ keys: "gc.recentObjectsHook", reason: NOT_RUN },
	{ keys: "core.gitProxy", reason: `GIT_PROXY_COMMAND takes precedence; ${NO_PROTOCOL}` },
	{ keys: "credential.<url>.helper", reason: NO_PROTOCOL },
	{ keys: "remote.<name>.uploadpack remote.<name>.receivepack remote.<name>.vcs", reason: NO_PROTOCOL },
	{ keys: "uploadpack.packObjectsHook", reason: "git reads it from the user's configuration only" },
	{ keys: "diff.<driver>.command diff.<driver>.textconv", reason: NOT_CONVERTED },
	{ keys: "filter.<driver>.clean filter.<driver>.smudge filter.<driver>.process", reason: NOT_CONVERTED },
	{ keys: "merge.<driver>.driver", reason: NOT_CONVERTED },
	{ keys: "hook.<name>.command", reason: "no command that is run has a hook" },
	{ keys: "pager.<cmd>", reason: "--no-pager, and output that is not a terminal" },
	{ keys: "alias.<name>", reason: "git ignores an alias with the name of a git command" },
	{ keys: "submodule.<name>.update", reason: NOT_RUN },
	{ keys: "trailer.<alias>.command trailer.<alias>.cmd", reason: NOT_RUN },
	{ keys: "tar.<format>.command", reason: NOT_RUN },
	{
		keys: "difftool.<tool>.cmd difftool.<tool>.path mergetool.<tool>.cmd mergetool.<tool>.path",
		reason: NOT_RUN,
	},
	{ keys: "browser.<tool>.cmd browser.<tool>.path man.<tool>.cmd man.<tool>.path", reason: NOT_RUN },
	{ keys: "guitool.<name>.cmd instaweb.httpd imap.tunnel web.browser", reason: NOT_RUN },
	{ keys: "sendemail.sendmailCmd sendemail.smtpServer sendemail.toCmd sendemail.ccCmd", reason: NOT_RUN },
	{ keys: "sendemail.headerCmd sendemail.<identity>.sendmailCmd", reason: NOT_RUN },
	{ keys: "gitcvs.dbDriver cvsexportcommit.cvsdir", reason: NOT_RUN },
];

/** Settings that name no program, but keep git from reading places where one could be named. */
const GUARDS: readonly (readonly [key: string, value: string])[] = [
	// A repository without a work tree, hidden among other files, is not used (2.38).
	["safe.bareRepository", "explicit"],
	["protocol.allow", "never"],
	["submodule.recurse", "false"],
	["core.attributesFile", "/dev/null"],
	["gc.auto", "0"],
	["maintenance.auto", "false"],
];

const SETTINGS: readonly (readonly [key: string, value: string])[] = [
	...GUARDS,
	...PROGRAM_SETTINGS.flatMap(({ keys, value }) =>
		value === undefined ? [] : keys.split(" ").map((key) => [key, value] as const),
	),
];

/**
 * Git variables that are passed on: they say where the repository is (git sets them for hooks and merge
 * drivers), and where the user's configuration is. All other variables that begin with `GIT_` are dropped,
 * including those that name programs or trace files.
 */
export const PASSED_VARIABLES: ReadonlySet<string> = new Set([
	"GIT_DIR",
	"GIT_WORK_TREE",
	"GIT_INDEX_FILE",
	"GIT_COMMON_DIR",
	"GIT_OBJECT_DIRECTORY",
	"GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_CEILING_DIRECTORIES",
	"GIT_DISCOVERY_ACROSS_FILESYSTEM",
	"GIT_CONFIG_GLOBAL",
	"GIT_CONFIG_SYSTEM",
	"GIT_CONFIG_NOSYSTEM",
]);

/**
 * Environment variables that Coffer sets. They override every configuration, and git passes them to the
 * processes that it starts.
 */
export const FIXED_VARIABLES: Readonly<Record<string, string>> = {
	/** Only this protocol is allowed, and it does not exist. */
	GIT_ALLOW_PROTOCOL: "none",
	GIT_PROTOCOL_FROM_USER: "0",
	/** An object that is missing in a partial clone stays missing; git does not fetch it (2.45, and 2.39.4). */
	GIT_NO_LAZY_FETCH: "1",
	/** Reading commands write nothing. */
	GIT_OPTIONAL_LOCKS: "0",
	/** A path is a literal path, never a pattern. */
	GIT_LITERAL_PATHSPECS: "1",
	/** An object id always means that object; replacement objects are ignored. */
	GIT_NO_REPLACE_OBJECTS: "1",
	GIT_ATTR_NOSYSTEM: "1",
	GIT_TERMINAL_PROMPT: "0",
	GIT_ASKPASS: "false",
	SSH_ASKPASS: "false",
	GIT_SSH: "false",
	GIT_SSH_COMMAND: "false",
	GIT_PROXY_COMMAND: "false",
	GIT_PAGER: "cat",
	GIT_EDITOR: "false",
	GIT_SEQUENCE_EDITOR: "false",
};

/**
 * What a command may use beyond the closed configuration. `hooks-path`: the user's hooks folder, to write a hook.
 * `path-syntax`: pathspecs with syntax: for a pattern that Coffer writes itself (without this, git looks for a file of
 * that name), and for `check-ignore`, which rejects literal pathspecs (its path begins with `./`, so nothing in it is
 * syntax).
 */
export type GitAllowance = "hooks-path" | "path-syntax" | undefined;

/** All arguments of git. */
export function closedArguments(args: readonly string[], seen?: GitAllowance): string[] {
	const given = SETTINGS.filter(([key]) => !(seen === "hooks-path" && key === "core.hooksPath"));
	return ["--no-pager", ...given.flatMap(([key, value]) => ["-c", `${key}=${value}`]), ...args];
}

/**
 * The whole environment of git, derived from the caller's. On Windows, names of variables are compared without
 * case.
 */
export function closedEnvironment(
	variables: Readonly<Record<string, string>>,
	seen?: GitAllowance,
): Record<string, string> {
	const kept = Object.entries(variables).filter(([name]) => {
		const upper = name.toUpperCase();
		return !(upper.startsWith("GIT_") || upper === "SSH_ASKPASS") || PASSED_VARIABLES.has(name);
	});
	const given = { ...Object.fromEntries(kept), ...FIXED_VARIABLES };
	return seen === "path-syntax" ? { ...given, GIT_LITERAL_PATHSPECS: "0" } : given;
}
