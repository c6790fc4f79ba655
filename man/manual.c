/* Prints the list of mount options for the manual page, from the table that knoxfs itself reads. Used by the build only. */
#include <stdio.h>

#include "conf/options.h"

int main(void)
{
    g_autofree char *text = kx_options_manual();
    return fputs(text, stdout) < 0;
}
