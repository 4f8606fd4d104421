import { describe, expect, test } from "vitest";
import { unsafeReason } from "../../../src/cli/shell/unsafe-names.ts";

describe("unsafeReason", () => {
	test.each([
		["BASH_ENV", "bash"],
		["ENV", "sh"],
		["SHELLOPTS", "bash"],
		["BASHOPTS", "bash"],
		["PS4", "trace"],
		["IFS", "split"],
		["PROMPT_COMMAND", "prompt"],
		["PERL5OPT", "Perl"],
		["PERL5LIB", "Perl"],
		["PERLLIB", "Perl"],
		["RUBYOPT", "Ruby"],
		["RUBYLIB", "Ruby"],
		["PYTHONPATH", "Python"],
		["PYTHONSTARTUP", "Python"],
		["PYTHONHOME", "Python"],
		["PYTHONINSPECT", "Python"],
		["JAVA_TOOL_OPTIONS", "agent"],
		["_JAVA_OPTIONS", "agent"],
		["JDK_JAVA_OPTIONS", "agent"],
		["CLASSPATH", "classes"],
		["GIT_SSH_COMMAND", "git"],
		["GIT_EXTERNAL_DIFF", "git"],
		["GIT_CONFIG_COUNT", "git"],
		["GIT_CONFIG_KEY_0", "git"],
		["GCONV_PATH", "C library"],
		["LESSOPEN", "less"],
		["EDITOR", "start"],
		["PAGER", "start"],
		["DOTNET_STARTUP_HOOKS", ".NET"],
		["PHPRC", "PHP"],
		["LUA_INIT", "Lua"],
		["LUA_INIT_5_4", "Lua"],
		["R_PROFILE", "R "],
		["R_PROFILE_USER", "R "],
		["BUN_OPTIONS", "Bun"],
		["npm_config_script_shell", "npm"],
		["NPM_CONFIG_SCRIPT_SHELL", "npm"],
	])("%s is unsafe on every system, and the reason says why", (name, why) => {
		for (const platform of ["linux", "darwin", "win32"] as const)
			expect(unsafeReason(name, platform)).toContain(why);
	});

	test("another case is another variable, except on Windows", () => {
		expect(unsafeReason("Bash_Env", "linux")).toBeUndefined();
		expect(unsafeReason("Bash_Env", "win32")).toContain("bash");
		expect(unsafeReason("PSMODULEPATH", "linux")).toBeUndefined();
		expect(unsafeReason("PSMODULEPATH", "win32")).toContain("PowerShell");
	});

	test.each([
		"API_KEY",
		"DATABASE_URL",
		"NPM_TOKEN",
		"GITHUB_TOKEN",
		"GIT_TOKEN",
		"VK_CLIENT_SECRET",
		"ENVIRONMENT",
		"MY_BASH_ENV",
		"SHELL_LIKE",
		"CCX",
		"R_KEY",
		"",
	])("%j is safe", (name) => {
		for (const platform of ["linux", "win32"] as const) expect(unsafeReason(name, platform)).toBeUndefined();
	});
});
