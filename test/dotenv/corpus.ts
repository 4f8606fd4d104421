/** Unusual `.env` files that are accepted, by their peculiarity. */
export const ACCEPTED: Readonly<Record<string, string>> = {
	"nothing at all": "",
	"only blanks and comments": "\n  \n# one\n\t# two\n",
	"no final line break": "A=1\nB=2",
	"byte order mark": "\ufeffA=1\n",
	"byte order mark before a comment": "\ufeff# c\nA=1\n",
	CRLF: 'A=1\r\nB="x\r\ny"\r\nC=\r\n',
	"CR alone": "A=1\rB=2\r",
	export: "export A=1\nexport\tB=2\n  export   C=3\nexport=4\n",
	"a colon": "A: v\nB:  v\nC: \nD: 'v'\nE: =v\n",
	"blanks around the sign": "A = 1\nB =2\nC= 3\n   D   =   4   \n",
	"empty values": "A=\nB=''\nC=\"\"\nD=``\nE=   \nF= # c\nG=#c\n",
	"values of blanks": "A='   '\nB=\"  \"\nC=`\t`\n",
	"signs in values": "A=b=c==\nB==x\nC= =\n",
	"inner quotes": 'A={"a": 1}\nB=\'{"a": 1}\'\nC=`"\'`\nD=it\'s\nE=a"b"\nF="it\'s"\n',
	"unescaped inner quotes": "A=\"{\"a\": 1}\"\nB='it''s'\nC=`a`b`\n",
	"escaped quotes": 'A="a\\"b"\nB=\'a\\\'b\'\nC=`a\\`b`\nD="a\\\\"\nE="\\""\nF=\'\\\'\n',
	"escaped quote at the end of a line": 'A="a\\"\nB="c"\n',
	"line breaks in quotes": "A=\"x\n\ny # no comment\nB=2\"\nC='1\n2'\nD=`1\n2`\n",
	"escapes in quotes": "A=\"1\\n2\\r3\\t4\\\\n\"\nB='1\\n2'\nC=`1\\n2`\nD=1\\n2\n",
	"comments behind values": 'A=x # c\nB="x" # c\nC=\'x\'#c\nD="a # b" # c "d"\nE=`x`   #\n',
	"a hash without a blank": "A=abc#def\nB=#fff\n",
	"things that others expand": "A=$B\nB=${A}\nC=$(touch x)\nD=`touch x`\nE=\"$A\"\nF=$2a$10$abc\nG='$A'\n",
	"PEM in quotes": 'A="-----BEGIN PRIVATE KEY-----\nabc+/=\n-----END PRIVATE KEY-----\n"\n',
	"PEM on one line": "A=-----BEGIN KEY-----\\nabc\\n-----END KEY-----\n",
	"unusual names": "a=1\n_=2\n11Labs=3\nOpenAI_API_Key=4\nconstructor=5\ntoString=6\n",
	"unusual blanks": "A=\u00a0x\u00a0\n\u00a0B=1\nC\u3000= 2\u3000\n\v\f\n",
	"other scripts": "A=ünïcode 鍵 🔑\nB='\u2028'\n",
	"a quote behind text": "A=a'\nB=b\"\nC=c`\n",
};

/** Refused files, with the code and line of each fault. */
export const REFUSED: Readonly<Record<string, { source: string; faults: (readonly [string, number])[] }>> = {
	"unterminated double quote": { source: 'A=1\nB="x\nC=3\n', faults: [["ENV_FILE_UNTERMINATED_QUOTE", 2]] },
	"unterminated single quote": { source: "A='x", faults: [["ENV_FILE_UNTERMINATED_QUOTE", 1]] },
	"unterminated backtick": { source: "\nA=`x\n\n", faults: [["ENV_FILE_UNTERMINATED_QUOTE", 2]] },
	"a quote alone": { source: 'A="\n', faults: [["ENV_FILE_UNTERMINATED_QUOTE", 1]] },
	"a quote that swallows lines up to another's": {
		source: 'A="x\nB="y"\n',
		faults: [["ENV_FILE_UNTERMINATED_QUOTE", 1]],
	},
	"a quote closed in a comment": { source: 'A="x # y"z\n', faults: [["ENV_FILE_UNTERMINATED_QUOTE", 1]] },
	"text behind a quote": { source: 'A="x" y\nB=2\n', faults: [["ENV_FILE_TEXT_AFTER_QUOTE", 1]] },
	"mixed quotes": { source: "A=\"x\"'y'\n", faults: [["ENV_FILE_TEXT_AFTER_QUOTE", 1]] },
	"bad names": {
		source: 'A-B=1\nA.B=2\nÄ=3\nA B=4\n"A"=5\nA+=6\n',
		faults: [1, 2, 3, 4, 5, 6].map((line) => ["ENV_FILE_NAME_INVALID", line] as const),
	},
	"too long a name": { source: `${"A".repeat(129)}=1\n`, faults: [["ENV_FILE_NAME_INVALID", 1]] },
	"reserved names": {
		source: "OK=1\nPATH=/x\nDENO_PERMISSION_BROKER_PATH=/x\nhttp_proxy=x\n",
		faults: [2, 3, 4].map((line) => ["ENV_FILE_NAME_RESERVED", line] as const),
	},
	"a name that is there twice": {
		source: "A=1\nB=2\n\nA=3\nA=1\n",
		faults: [
			["ENV_FILE_DUPLICATE_NAME", 4],
			["ENV_FILE_DUPLICATE_NAME", 5],
		],
	},
	"stray lines": {
		source: 'foo\nexport A\n=v\nA:v\n"x"\nA:\nB=1\n{\n',
		faults: [1, 2, 3, 4, 5, 6, 8].map((line) => ["ENV_FILE_LINE_INVALID", line] as const),
	},
	"a value on the next line": { source: "A=\n'x'\n", faults: [["ENV_FILE_LINE_INVALID", 2]] },
	"a name and its sign on two lines": {
		source: "A\n=1\n",
		faults: [
			["ENV_FILE_LINE_INVALID", 1],
			["ENV_FILE_LINE_INVALID", 2],
		],
	},
	"unquoted PEM": {
		source: "A=-----BEGIN KEY-----\nPATH=\nabc+/==\n-----END KEY-----\nB-C=2\n",
		faults: [
			["ENV_FILE_UNQUOTED_PEM", 1],
			["ENV_FILE_NAME_INVALID", 5],
		],
	},
	"unquoted PEM without an end": {
		source: "A=-----BEGIN KEY-----\nabc=\n",
		faults: [["ENV_FILE_UNQUOTED_PEM", 1]],
	},
	"a NUL": { source: "A='x\0'\n", faults: [["ENV_FILE_LINE_INVALID", 1]] },
	"line separators outside of quotes": {
		source: '# c\u2028A=1\nB=x\u2029\nC="y"\u2028D=2\n',
		faults: [1, 2, 3].map((line) => ["ENV_FILE_LINE_INVALID", line] as const),
	},
	"faults of several kinds, one behind a quoted value of two lines": {
		source: 'A="1\n2"\nfoo\nPATH=x\nA=2\nB="x\n',
		faults: [
			["ENV_FILE_LINE_INVALID", 3],
			["ENV_FILE_NAME_RESERVED", 4],
			["ENV_FILE_DUPLICATE_NAME", 5],
			["ENV_FILE_UNTERMINATED_QUOTE", 6],
		],
	},
	"CRLF counts one line": { source: "A=1\r\n\r\nfoo\r\n", faults: [["ENV_FILE_LINE_INVALID", 3]] },
};
