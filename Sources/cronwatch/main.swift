print("cronwatch")
