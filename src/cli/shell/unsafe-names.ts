/**
 * Names of environment variables that make a program load code, start another program, or read a
 * configuration file that names a program. A member who may write to a vault could use such a name to run
 * code on the machine of anybody who calls `coffer run`. So `run` passes such a secret on only if its caller
 * allows the name. Functions do not need this list: Deno runs them without the permission to start programs,
 * and `vault/syntax/secret-name.ts` checks their names.
 *
 * Sources: the manual pages ld.so(8), bash(1), dash(1), zshparam(1), perlrun(1), ruby(1), less(1), git(1),
 * rsync(1), psql(1), and the documentation of the runtime or tool that each entry names.
 */

/**
 * Patterns, separated by spaces: each is a name, or a prefix that ends with `*`. The reason is a clause that
 * follows "because"; "it" is the variable.
 */
type Entry = readonly [patterns: string, reason: string];

const STARTS = "it names a program that other programs start";
const SETTINGS = "it says where programs look for their configuration, which may name programs";

/** The unsafe names, grouped by the kind of program that reads them, in the case in which the program reads them. */
const UNSAFE_NAMES: Readonly<Record<"loaders" | "shells" | "runtimes" | "tools", readonly Entry[]>> = {
	loaders: [
		["GCONV_PATH", "the C library loads modules from the folders that it names"],
		["GETCONF_DIR", "getconf starts programs from the folder that it names"],
		["LOCPATH", "the C library loads locales from the folders that it names"],
		["GLIBC_TUNABLES", "it changes how the C library and its loader work"],
		["_RLD*", "the loader of some Unix systems loads the libraries that it names"],
		["OPENSSL_CONF", "OpenSSL loads the modules that the file it names asks for"],
		["OPENSSL_ENGINES", "OpenSSL loads engines from the folder that it names"],
		["OPENSSL_MODULES", "OpenSSL loads providers from the folder that it names"],
		["GIO_EXTRA_MODULES", "GLib loads modules from the folders that it names"],
		["GIO_MODULE_DIR", "GLib loads modules from the folder that it names"],
		["GTK_MODULES", "GTK loads the modules that it names"],
		["GTK_PATH", "GTK loads modules from the folders that it names"],
		["GDK_PIXBUF_MODULE_FILE", "GdkPixbuf loads the modules that the file lists"],
		["GST_PLUGIN_*", "GStreamer loads plug-ins from the folders that it names"],
		["QT_PLUGIN_PATH", "Qt loads plug-ins from the folders that it names"],
		["QT_QPA_PLATFORM_PLUGIN_PATH", "Qt loads plug-ins from the folder that it names"],
		[
			"VK_ICD_FILENAMES VK_DRIVER_FILES VK_ADD_DRIVER_FILES VK_LAYER_PATH VK_ADD_LAYER_PATH VK_INSTANCE_LAYERS",
			"the Vulkan loader loads the drivers and layers that it leads to",
		],
		["LIBGL_DRIVERS_PATH", "Mesa loads drivers from the folders that it names"],
		["SASL_PATH", "Cyrus SASL loads plug-ins from the folders that it names"],
		["KRB5_CONFIG", "Kerberos loads the modules that the file it names asks for"],
	],
	shells: [
		["BASH_ENV", "bash runs the file that it names before each script"],
		["ENV", "sh runs the file that it names when it starts"],
		["SHELLOPTS BASHOPTS", "it sets options of bash, and some of them make it run other variables"],
		["BASH_XTRACEFD", "bash writes its trace to the file that it names"],
		["PS0", "bash runs the commands in it before each command"],
		["PS1 PS2 PS3", "shells run the commands in it with each prompt"],
		["PS4", "shells run the commands in it when they trace a script"],
		["PROMPT_COMMAND", "bash runs it before each prompt"],
		["IFS", "shells split words by it, which changes the meaning of scripts"],
		["CDPATH", "it makes the command cd of a shell go to other folders"],
		["GLOBIGNORE", "bash leaves out the files that it names, which changes the meaning of scripts"],
		["FPATH", "zsh and ksh load functions from the folders that it names"],
		["ZDOTDIR", "zsh runs the start-up files of the folder that it names"],
		["NULLCMD READNULLCMD", "zsh runs it for a redirection without a command"],
		["FCEDIT SHELL", STARTS],
		["INPUTRC", "the file that it names defines the actions of keys in a shell"],
		["ComSpec", "Windows runs the program that it names as its shell"],
		["PATHEXT", "Windows runs files with these endings as programs"],
		["PSModulePath", "PowerShell loads modules from the folders that it names"],
		["fish_function_path", "fish loads functions from the folders that it names"],
	],
	runtimes: [
		["PERL5OPT", "Perl takes options from it, and one of them loads a module"],
		["PERL5LIB PERLLIB", "Perl loads modules from the folders that it names first"],
		["PERL5DB", "Perl runs the code in it as its debugger"],
		["PERL5SHELL", "Perl on Windows starts it as its shell"],
		["PERL_MM_OPT PERL_MB_OPT", "Perl's installers take options from it"],
		["RUBYOPT", "Ruby takes options from it, and one of them loads a file"],
		["RUBYLIB", "Ruby loads files from the folders that it names first"],
		["RUBYPATH", "Ruby looks for scripts in the folders that it names"],
		["RUBYSHELL", "Ruby on Windows starts it as its shell"],
		["GEM_HOME", "Ruby loads packages from the folder that it names"],
		["GEM_PATH", "Ruby loads packages from the folders that it names"],
		["BUNDLE_GEMFILE", "Bundler runs the file that it names"],
		["BUNDLE_PATH", "Bundler loads packages from the folder that it names"],
		["BUNDLE_APP_CONFIG", SETTINGS],
		["PYTHONPATH", "Python loads modules from the folders that it names first"],
		["PYTHONHOME PYTHONPLATLIBDIR", "Python loads its own library from the folder that it names"],
		["PYTHONSTARTUP", "Python runs the file that it names in interactive use"],
		["PYTHONINSPECT", "Python reads commands from standard input after the script"],
		["PYTHONUSERBASE", "Python loads modules from the folder that it names"],
		["PYTHONBREAKPOINT", "Python calls the function that it names at a breakpoint"],
		["PYTHONWARNINGS", "Python imports the module of a class that it names"],
		["PYTHONPYCACHEPREFIX", "Python loads compiled modules from the folder that it names"],
		["PYTHONEXECUTABLE", "Python takes the file that it names for its own executable"],
		["PIP_*", "pip takes options from such names, one of which says where packages come from"],
		["UV_*", "uv takes options from such names, one of which says where packages come from"],
		[
			"JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS IBM_JAVA_OPTIONS OPENJ9_JAVA_OPTIONS",
			"Java takes options from it, and one of them loads an agent",
		],
		["JAVA_OPTS", "start scripts pass it to Java, where one option loads an agent"],
		["JAVA_HOME", "start scripts run the Java of the folder that it names"],
		["CLASSPATH", "Java loads classes from the places that it names"],
		["MAVEN_OPTS", "Maven passes it to Java, where one option loads an agent"],
		["MAVEN_ARGS", "Maven takes options from it, which may load extensions"],
		["GRADLE_OPTS", "Gradle passes it to Java, where one option loads an agent"],
		["GRADLE_USER_HOME", "Gradle runs the scripts of the folder that it names"],
		["ANT_OPTS", "Ant passes it to Java, where one option loads an agent"],
		["SBT_OPTS", "sbt passes it to Java, where one option loads an agent"],
		["DOTNET_STARTUP_HOOKS", ".NET runs the assemblies that it names before the program"],
		["DOTNET_ADDITIONAL_DEPS", ".NET loads the assemblies that the files it names list"],
		["DOTNET_SHARED_STORE", ".NET loads assemblies from the folders that it names"],
		["DOTNET_ROOT*", ".NET loads its runtime from the folder that it names"],
		["ASPNETCORE_HOSTINGSTARTUPASSEMBLIES", "ASP.NET Core runs the assemblies that it names at its start"],
		["CORECLR_* COR_PROFILER* COR_ENABLE_PROFILING", ".NET loads the profiler that such names lead to"],
		["COMPlus_*", "it changes how .NET works"],
		["PHPRC", "PHP reads the configuration that it names, which may load files"],
		["PHP_INI_SCAN_DIR", "PHP reads the configuration of the folders that it names, which may load files"],
		["COMPOSER_HOME", "Composer runs the plug-ins of the folder that it names"],
		["LUA_INIT*", "Lua runs it, or the file that it names, before each script"],
		["LUA_PATH*", "Lua loads modules from the places that it names"],
		["LUA_CPATH*", "Lua loads native modules from the places that it names"],
		["R_PROFILE*", "R runs the file that it names when it starts"],
		["R_ENVIRON*", "R takes variables from the file that it names"],
		["R_LIBS*", "R loads packages from the folders that it names"],
		["R_HOME", "R loads its own library from the folder that it names"],
		["R_DEFAULT_PACKAGES", "R loads the packages that it names when it starts"],
		["NODE_PATH", "Node loads modules from the folders that it names"],
		["NODE_REPL_EXTERNAL_MODULE", "Node loads the module that it names in interactive use"],
		["NODE_COMPILE_CACHE", "Node loads compiled modules from the folder that it names"],
		["TS_NODE_*", "ts-node takes options from such names, one of which loads modules"],
		["ESBUILD_BINARY_PATH", "esbuild starts the program that it names"],
		["BUN_*", "Bun takes options from such names, one of which loads modules"],
		["npm_config_*", "npm takes options from such names, and some of them name programs"],
		["pnpm_config_*", "pnpm takes options from such names, and some of them name programs"],
		["YARN_YARN_PATH", "Yarn runs the file that it names instead of itself"],
		["YARN_PLUGINS", "Yarn loads the plug-ins that it names"],
		["YARN_RC_FILENAME", "Yarn takes its settings from the file that it names"],
		["COREPACK_HOME", "Corepack runs the package managers of the folder that it names"],
		["COREPACK_NPM_REGISTRY", "Corepack gets package managers from the address that it names"],
		["GOFLAGS", "Go takes options from it, and one of them names a program"],
		["GOENV", "Go takes its settings from the file that it names"],
		["GOROOT GOTOOLDIR", "Go runs the tools of the folder that it names"],
		["GOPROXY", "Go gets modules from the address that it names"],
		["GOSUMDB", "it changes what Go checks modules against"],
		["GONOSUMDB GONOSUMCHECK", "it exempts modules from Go's check"],
		["RUSTC* RUSTDOC", STARTS],
		["RUSTFLAGS CARGO_ENCODED_RUSTFLAGS", "rustc takes options from it, and one of them names a linker"],
		["CARGO_HOME", "Cargo reads the configuration of the folder that it names, which may name programs"],
		["CARGO_BUILD_* CARGO_TARGET_*", "Cargo takes settings from such names, and some of them name programs"],
		["CARGO_ALIAS_*", "Cargo takes commands from such names"],
		["RUSTUP_*", "rustup takes settings from such names, which say what tools run"],
		["ERL_*", "Erlang takes options from such names, and some of them run code"],
		["ELIXIR_ERL_OPTIONS", "Elixir passes it to Erlang, where some options run code"],
		["TCLLIBPATH", "Tcl loads packages from the folders that it names"],
		["TCL_LIBRARY", "Tcl runs the library of the folder that it names"],
		["GUILE_*", "Guile loads code from the folders that such names lead to"],
		["JULIA_*", "Julia loads code from the places that such names lead to"],
		["GHC_PACKAGE_PATH", "GHC loads packages from the places that it names"],
		["GHCRTS", "programs that GHC compiled take options from it"],
		["CAML_LD_LIBRARY_PATH", "OCaml loads libraries from the folders that it names"],
		["OCAMLPATH", "OCaml loads packages from the folders that it names"],
		["ELECTRON_RUN_AS_NODE", "Electron programs run scripts with it"],
	],
	tools: [
		[
			"GIT_SSH* GIT_ASKPASS GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_PAGER GIT_EXTERNAL_DIFF GIT_PROXY_COMMAND",
			"git starts the program that it names",
		],
		["GIT_EXEC_PATH", "git starts its own programs from the folder that it names"],
		["GIT_TEMPLATE_DIR", "git copies hooks from the folder that it names"],
		["GIT_CONFIG*", "git takes settings from such names, and some of them name programs"],
		["GIT_DIR GIT_COMMON_DIR", "git takes settings and hooks from the folder that it names"],
		["GIT_ALLOW_PROTOCOL", "it says over which protocols, and so by which programs, git fetches"],
		[
			"SSH_ASKPASS* SUDO_ASKPASS SUDO_EDITOR EDITOR VISUAL PAGER MANPAGER BROWSER SYSTEMD_PAGER SYSTEMD_EDITOR BAT_PAGER DELTA_PAGER GH_PAGER GH_EDITOR GH_BROWSER KUBE_EDITOR PSQL_PAGER PSQL_EDITOR CVS_RSH SVN_SSH SVN_EDITOR HGEDITOR HGMERGE RSYNC_RSH RSYNC_CONNECT_PROG CC CXX LD AR",
			STARTS,
		],
		["LESSOPEN LESSCLOSE", "less starts the program that it names for each file"],
		["LESSKEY*", "the file that it names defines the actions of keys in less"],
		["LESS", "less takes options from it, and some of them write files"],
		["PSQLRC", "psql runs the file that it names when it starts"],
		["LIBMYSQL_PLUGIN*", "clients of MySQL load the plug-ins that it names"],
		["VIMINIT GVIMINIT", "Vim runs it when it starts"],
		["EXINIT", "vi and Vim run it when they start"],
		["MYVIMRC", "Vim takes its settings from the file that it names"],
		["VIMRUNTIME", "Vim runs the scripts of the folder that it names"],
		["EMACSLOADPATH", "Emacs loads code from the folders that it names"],
		["MAKEFLAGS GNUMAKEFLAGS", "make takes options from it, and one of them runs code"],
		["MAKEFILES", "make reads the files that it names first"],
		["GCC_EXEC_PREFIX", "GCC starts its own programs from the folder that it names"],
		["COMPILER_PATH", "GCC starts its own programs from the folders that it names"],
		["CMAKE_*", "CMake takes settings from such names, and some of them name programs"],
		["TAR_OPTIONS", "tar takes options from it, and some of them start programs"],
		[
			"RIPGREP_CONFIG_PATH",
			"ripgrep takes options from the file that it names, and one of them starts a program",
		],
		["FZF_DEFAULT_*", "fzf runs the commands in such variables"],
		["WGETRC", "wget takes options from the file that it names, and one of them starts a program"],
		["CURL_HOME", "curl takes options from the folder that it names"],
		["KUBECONFIG", "kubectl starts the programs that the file it names asks for"],
		[
			"AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE",
			"AWS tools start the programs that the file it names asks for",
		],
		["DOCKER_CONFIG", "Docker starts the programs that the folder it names asks for"],
		["ANSIBLE_*", "Ansible takes settings from such names, and some of them lead to code"],
		["TF_CLI_*", "Terraform takes options from such names, and some of them lead to programs"],
		["TF_PLUGIN_CACHE_DIR", "Terraform starts plug-ins from the folder that it names"],
		["HELM_PLUGINS", "Helm starts plug-ins from the folder that it names"],
		["PYTEST_ADDOPTS", "pytest takes options from it, and one of them loads a module"],
		["PYTEST_PLUGINS", "pytest loads the modules that it names"],
		["GNUPGHOME", "GnuPG takes settings from the folder that it names, and some of them name programs"],
		["MAILCAPS", "mail programs start what the file it names asks for"],
		["XDG_CONFIG_* XDG_DATA_* USERPROFILE APPDATA LOCALAPPDATA", SETTINGS],
	],
};

/** Prefixes that their program accepts in upper and lower case, on every system. */
const ANY_CASE = new Set(["npm_config_*", "pnpm_config_*"]);

const ENTRIES = Object.values(UNSAFE_NAMES)
	.flat()
	.flatMap(([patterns, reason]) => patterns.split(" ").map((pattern): Entry => [pattern, reason]));

function matches(name: string, pattern: string): boolean {
	return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/**
 * Why a variable of this name is unsafe to pass to a program on this machine.
 * @param platform Windows ignores case in the names of variables
 * @returns a clause that follows "because", or undefined for a safe name
 */
export function unsafeReason(name: string, platform: NodeJS.Platform = process.platform): string | undefined {
	const found = ENTRIES.find(([pattern]) =>
		platform === "win32" || ANY_CASE.has(pattern)
			? matches(name.toLowerCase(), pattern.toLowerCase())
			: matches(name, pattern),
	);
	return found?.[1];
}
