/**
 * The scripts that make a shell complete `coffer`. Each script runs the program, which prints the kind of
 * completion in the first line, and a candidate with its description in each further line. The script passes
 * the typed words as arguments and never evaluates them.
 */

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Whether there is a script for a shell. */
export function isShell(name: string): name is Shell {
	return SHELLS.some((shell) => shell === name);
}

/** The instructions that enable completion in every new shell. */
export const SETUP: Readonly<Record<Shell, string>> = {
	bash: "To enable it in every new shell: echo 'source <(coffer completion bash)' >> ~/.bashrc",
	zsh: "To enable it in every new shell, add this line after compinit in ~/.zshrc: source <(coffer completion zsh)",
	fish: "To enable it in every new shell: coffer completion fish > ~/.config/fish/completions/coffer.fish",
};

const BASH = `# bash completion for coffer
_coffer() {
	local program cur=\${COMP_WORDS[COMP_CWORD]} line
	program=$(type -P coffer) || program=PROGRAM
	local -a lines=()
	while IFS= read -r line; do lines+=("$line"); done \\
		< <("$program" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	COMPREPLY=()
	# bash treats '=' as a separate word, so the completion is for the text after it.
	[[ $cur == = ]] && cur=
	case \${lines[0]} in
	files) compopt -o default ;;
	folders) compopt -o dirnames ;;
	command)
		if declare -F _command_offset >/dev/null; then
			local at
			for ((at = 1; at < COMP_CWORD; at++)); do [[ \${COMP_WORDS[at]} == -- ]] && break; done
			_command_offset $((at + 1))
		elif [[ \${COMP_WORDS[COMP_CWORD - 1]} == -- ]]; then
			while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -c -- "$cur")
		else
			compopt -o default
		fi
		;;
	*) for line in "\${lines[@]:1}"; do COMPREPLY+=("\${line%%$'\\t'*}"); done ;;
	esac
}
complete -F _coffer coffer
`;

const ZSH = `#compdef coffer
_coffer() {
	local program=\${commands[coffer]:-PROGRAM} kind line at
	local -a lines candidates
	lines=("\${(@f)$("$program" complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
	kind=\${lines[1]}
	[[ $PREFIX == --*=* ]] && compset -P '*='
	case $kind in
	files) _files ;;
	folders) _files -/ ;;
	command)
		at=\${words[(i)--]}
		words=("\${(@)words[at+1,-1]}")
		((CURRENT -= at))
		_normal
		;;
	*)
		for line in "\${(@)lines[2,-1]}"; do
			candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
		done
		_describe coffer candidates
		;;
	esac
}
compdef _coffer coffer
`;

const FISH = `# fish completion for coffer
function __coffer_complete
	set -l program (command -s coffer; or echo PROGRAM)
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	set -l lines ($program complete -- $words[2..-1] "$current" 2>/dev/null)
	set -l flag (string match -r -- '^--[^=]+=' "$current")
	set -l rest (string replace -r -- '^--[^=]+=' '' "$current")
	switch "$lines[1]"
		case files
			for path in (__fish_complete_path "$rest")
				echo "$flag$path"
			end
		case folders
			for path in (__fish_complete_directories "$rest")
				echo "$flag$path"
			end
		case command
			set -l at (contains -i -- -- $words)
			complete -C (string join ' ' -- (string escape -- $words[(math $at + 1)..-1]) "$current")
		case '*'
			for line in $lines[2..-1]
				echo "$flag$line"
			end
	end
end
complete -c coffer -f -a '(__coffer_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** Quotes a word for all of these shells. */
function quoted(word: string): string {
	return `'${word.replaceAll("\\", "\\\\").replaceAll("'", "'\\''")}'`;
}

/**
 * The script for a shell.
 * @param program the path of the program, for a shell in which `coffer` is an alias
 */
export function completionScript(shell: Shell, program: string): string {
	return SCRIPTS[shell].replaceAll("PROGRAM", () => quoted(program));
}
