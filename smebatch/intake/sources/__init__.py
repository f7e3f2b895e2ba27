"""Where returns are looked for: folders, archives, mails, places far away."""
