# Completion of tcpdx for bash. Commands and options come from --help, so they are never out of date.
_tcpdx() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command="" i
    local commands
    commands=$(tcpdx --lang en --help 2>/dev/null |
        sed -n '/^Commands:/,$ s/^  \([a-z][a-z-]*\) .*/\1/p')
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ " ${commands//$'\n'/ } " == *" ${COMP_WORDS[i]} "* ]]; then
            command=${COMP_WORDS[i]}
            break
        fi
    done
    if [[ $command == config && $previous == config ]]; then
        COMPREPLY=($(compgen -W "check" -- "$word"))
        return
    elif [[ $command == config && $word != -* ]]; then
        COMPREPLY=($(compgen -f -- "$word"))
        return
    fi
    case $previous in
        --lang) COMPREPLY=($(compgen -W "en ko" -- "$word")); return ;;
        --from | --to | --history | --config | --token-file | --certificate | --key | --alert-command)
            COMPREPLY=($(compgen -f -- "$word")); return ;;
        --state | explain | check)
            COMPREPLY=($(compgen -W "closed listen syn-sent syn-received established fin-wait-1 fin-wait-2 close-wait
                closing last-ack time-wait" -- "$word")); return ;;
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$(tcpdx --lang en $command --help 2>/dev/null |
            grep -o -- '--[a-z][a-z-]*' | sort -u)" -- "$word"))
    elif [[ -z $command ]]; then
        COMPREPLY=($(compgen -W "$commands" -- "$word"))
    elif [[ $command == capture || $command == conclude ]]; then
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}
complete -o filenames -F _tcpdx tcpdx
