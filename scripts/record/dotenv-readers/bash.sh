# Prints the variables that each of the files 0.env, 1.env, … sets. No program can run: PATH leads nowhere.
for ((index = 0; index < $1; index++)); do
	(
		unset PWD OLDPWD SHLVL
		PATH=/nonexistent
		set -a
		. "./$index.env" > /dev/null < /dev/null
		set +a
		printf 'answer\0'
		/usr/bin/env -0
	) 2> /dev/null
	printf '\0'
done
